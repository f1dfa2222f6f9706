"""Databases, broker, cache, mail and media from the environment."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from . import env

_MAIL = {  # scheme: STARTTLS, TLS from the first byte, usual port
    "smtp": (False, False, 25),
    "smtp+tls": (True, False, 587),
    "submission": (True, False, 587),
    "smtp+ssl": (False, True, 465),
    "smtps": (False, True, 465),
}
_LOCAL = "django.core.files.storage.FileSystemStorage"
_LOCAL_PRIVATE = "storefront.storage.PrivateFileSystemStorage"
_S3 = "storages.backends.s3.S3Storage"


def database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Describe the database; web processes share connections through psycopg's pool.

    A worker process serves one request at a time, so eight connections are plenty
    even where threads are more, and twenty processes stay below PostgreSQL's 200.
    """
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    options = config.setdefault("OPTIONS", {})
    options["options"] = (
        # Data sits in memory or on flash: without random_page_cost the planner reads whole
        # tables where an index is five times faster. What is prepared is chosen by hand, see
        # kernel.sql.Planned, and one plan does for all its parameters.
        "-c lock_timeout=3000 -c statement_timeout=60000 -c random_page_cost=1.1"
        " -c plan_cache_mode=force_generic_plan -c idle_in_transaction_session_timeout=60000"
    )
    options.setdefault("connect_timeout", 3)
    options.setdefault("prepare_threshold", 2)  # counts for Planned statements alone
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 2, "reconnect_timeout": 5}
        config["CONN_MAX_AGE"] = 0
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config


def cache(url: str, *, prefix: str = "stoa") -> dict[str, Any]:
    """Describe the shared cache."""
    return {
        "default": {
            "BACKEND": "storefront.cache.ForgivingRedisCache",
            "LOCATION": url,
            "KEY_PREFIX": prefix,
            "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.5},
        }
    }


def mail(name: str) -> dict[str, Any]:
    """Return Django's mail settings. A mail server that does not answer is given up on."""
    try:
        parts = urlparse(env.text(name))
        starttls, tls, port = _MAIL[parts.scheme]
        given_port = parts.port
    except (KeyError, ValueError):
        parts = urlparse("")
    if not parts.hostname or parts.query or parts.path not in ("", "/"):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@mail.example:587 (or smtp, smtps)."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": given_port or port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
        "EMAIL_TIMEOUT": 10,
    }


def storages(*, private_root: Path | str, static_backend: str) -> dict[str, Any]:
    """Media on S3 when a bucket is named, else on local disk.

    Public media has lasting addresses; the private store holds statements and
    documents, and hands out links that lapse after ten minutes.
    """
    static = {"BACKEND": static_backend}
    bucket = env.text("AWS_STORAGE_BUCKET_NAME", "")
    if not bucket:
        return {
            "default": {"BACKEND": _LOCAL},
            "private": {"BACKEND": _LOCAL_PRIVATE, "OPTIONS": {"location": str(private_root)}},
            "staticfiles": static,
        }
    shared = {
        "endpoint_url": _endpoint() or None,
        "region_name": env.text("AWS_S3_REGION_NAME", "") or None,
        "access_key": env.text("AWS_ACCESS_KEY_ID"),
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY"),
        "signature_version": "s3v4",
        "addressing_style": "path",
        "file_overwrite": False,
    }
    public = {
        "bucket_name": bucket,
        "querystring_auth": False,
        "default_acl": "public-read",
        "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
    }
    private = {
        "bucket_name": env.text("AWS_PRIVATE_BUCKET_NAME", f"{bucket}-private"),
        "querystring_auth": True,
        "querystring_expire": 600,
        "default_acl": "private",
    }
    if private["bucket_name"] == bucket:
        raise ImproperlyConfigured("AWS_PRIVATE_BUCKET_NAME must not be the public bucket.")
    return {
        "default": {"BACKEND": _S3, "OPTIONS": {**shared, **public}},
        "private": {"BACKEND": _S3, "OPTIONS": {**shared, **private}},
        "staticfiles": static,
    }


def media_origins() -> list[str]:
    """Return the hosts that pictures come from besides our own, for the content policy."""
    if not env.text("AWS_STORAGE_BUCKET_NAME", ""):
        return []
    endpoint = urlparse(_endpoint())
    if endpoint.netloc:
        return [f"{endpoint.scheme}://{endpoint.netloc}"]
    region = env.text("AWS_S3_REGION_NAME", "us-east-1")
    return [f"https://s3.{'' if region == 'us-east-1' else f'{region}.'}amazonaws.com"]


def _endpoint() -> str:
    return env.url("AWS_S3_ENDPOINT_URL", "", schemes=("http", "https"))
