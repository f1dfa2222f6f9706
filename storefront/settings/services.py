"""Databases, broker, cache, media and mail from the environment."""

from pathlib import Path
from typing import Any

import dj_database_url

from . import env


def database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Describe the database; web processes share connections through psycopg's pool."""
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    options = config.setdefault("OPTIONS", {})
    options["options"] = (
        # Data sits in memory or on flash: without the last setting the planner reads whole
        # tables where an index is five times faster.
        "-c lock_timeout=3000 -c statement_timeout=60000 -c random_page_cost=1.1"
        " -c idle_in_transaction_session_timeout=60000"
    )
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 5}
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


def storages(*, private_root: Path, static_backend: str) -> dict[str, Any]:
    """Media on S3 when a bucket is named, else on local disk.

    Public media has lasting addresses; the private store holds statements and
    documents, and hands out links that lapse after ten minutes.
    """
    static = {"BACKEND": static_backend}
    bucket = env.text("AWS_STORAGE_BUCKET_NAME", "")
    if not bucket:
        return {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "private": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(private_root), "base_url": None},
            },
            "staticfiles": static,
        }
    shared = {
        "endpoint_url": env.url("AWS_S3_ENDPOINT_URL", "", schemes=("http", "https")) or None,
        "access_key": env.text("AWS_ACCESS_KEY_ID"),
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY"),
        "signature_version": "s3v4",
        "addressing_style": "path",
        "file_overwrite": False,
    }
    backend = "storages.backends.s3.S3Storage"
    public = {"bucket_name": bucket, "querystring_auth": False, "default_acl": "public-read"}
    private = {
        "bucket_name": env.text("AWS_PRIVATE_BUCKET_NAME", f"{bucket}-private"),
        "querystring_auth": True,
        "querystring_expire": 600,
        "default_acl": "private",
    }
    return {
        "default": {"BACKEND": backend, "OPTIONS": {**shared, **public}},
        "private": {"BACKEND": backend, "OPTIONS": {**shared, **private}},
        "staticfiles": static,
    }
