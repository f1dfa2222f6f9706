"""Settings from the environment: what is wrong is refused at the start, with a sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from devtools.embedded.places import CHECKOUT
from storefront.settings import base, env, services

PRODUCTION = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "FIELD_ENCRYPTION_KEYS": "abcdefghijklmnopqrstuvwxyz-0123456789",
    "SITE_URL": "https://shop.example",
    "ALLOWED_HOSTS": "shop.example,www.shop.example",
    "DATABASE_URL": "postgres://stoa:secret@database.example/stoa",
    "REDIS_URL": "rediss://cache.example:6379/0",
    "EMAIL_URL": "smtp+tls://shop%40mail:p%2Fw@mail.example:2525",
    "DEFAULT_FROM_EMAIL": "Shop <shop@shop.example>",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
}


def started(given: dict[str, str], show: str = "") -> subprocess.CompletedProcess[str]:
    """Load the production settings in a process of its own, and print some of them as JSON."""
    code = "import json; from storefront.settings import production as s\n"
    code += f"print(json.dumps([{show}], default=str))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(show: str, **more: str) -> list[object]:
    process = started({**PRODUCTION, **more}, show)
    assert process.stderr == ""
    found: list[object] = json.loads(process.stdout)
    return found


@pytest.mark.parametrize(
    ("value", "read", "sentence"),
    [
        ("", lambda: env.text("X"), "Set the environment variable X."),
        (" , ", lambda: env.words("X"), "X must name at least one value, separated by commas."),
        ("maybe", lambda: env.flag("X", False), "X must be 1 or 0, not 'maybe'."),
        (
            "8k",
            lambda: env.integer("X", 1, least=1, most=9),
            "X must be a whole number, not '8k'.",
        ),
        (
            "10",
            lambda: env.integer("X", 1, least=1, most=9),
            "X must lie between 1 and 9, not 10.",
        ),
        ("ftp://a", lambda: env.url("X", schemes=("https",)), "X must start with one of https."),
        (
            "https://",
            lambda: env.url("X", schemes=("https",)),
            "X must name a host after https://.",
        ),
        ("https://a:b", lambda: env.url("X", schemes=("https",)), "X is not an address."),
        (
            "https://a.example/shop",
            lambda: env.origin("X", schemes=("https",)),
            "X must be a scheme and a host, such as https://a.example",
        ),
        (
            "*",
            lambda: env.hosts("X", site="https://a.example"),
            "X must name hosts: * would answer for strangers' names.",
        ),
        (
            "b.example",
            lambda: env.hosts("X", site="https://a.example"),
            "X must contain a.example, the host of the shop's address.",
        ),
        *[
            (
                value,
                lambda: services.mail("X"),
                "X must look like smtp+tls://user:password@mail.example:587 (or smtp, smtps).",
            )
            for value in ("mail.example", "http://mail.example", "smtp://", "smtp://a?tls=1")
        ],
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], object], sentence: str
) -> None:
    monkeypatch.setenv("X", value)

    with pytest.raises(ImproperlyConfigured) as refused:
        read()

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("value", "read", "expected"),
    [
        (" a ", lambda: env.text("X"), "a"),
        ("", lambda: env.text("X", "b"), "b"),
        ("a, b,", lambda: env.words("X"), ["a", "b"]),
        ("", lambda: env.words("X", ""), []),
        ("On", lambda: env.flag("X", False), True),
        ("", lambda: env.flag("X", True), True),
        ("7", lambda: env.integer("X", 1, least=1, most=9), 7),
        ("", lambda: env.url("X", "", schemes=("https",)), ""),
        ("https://a.example/", lambda: env.origin("X", schemes=("https",)), "https://a.example"),
        (".a.example", lambda: env.hosts("X", site="https://www.a.example"), [".a.example"]),
    ],
)
def test_a_right_value_is_read(
    monkeypatch: pytest.MonkeyPatch, value: str, read: Callable[[], object], expected: object
) -> None:
    monkeypatch.setenv("X", value)

    assert read() == expected


@pytest.mark.parametrize("missing", sorted(PRODUCTION))
def test_production_does_not_start_without_what_it_needs(missing: str) -> None:
    given = {name: value for name, value in PRODUCTION.items() if name != missing}

    process = started(given)

    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].endswith(f"Set the environment variable {missing}.")


def test_production_takes_its_services_from_the_environment() -> None:
    found = shown(
        "s.DATABASES['default']['HOST'], s.CACHES['default']['LOCATION'], s.CELERY_BROKER_URL,"
        " s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS,"
        " s.EMAIL_USE_SSL, s.EMAIL_TIMEOUT, s.STRIPE_WEBHOOK_SECRETS, s.MAINTENANCE"
    )

    assert found == [
        "database.example",
        "rediss://cache.example:6379/0",
        "rediss://cache.example:6379/0",
        *("mail.example", 2525, "shop@mail", "p/w", True, False, 10),
        ["whsec_new", "whsec_old"],
        False,
    ]


def test_only_web_processes_share_connections_through_a_pool() -> None:
    show = "s.DATABASES['default']['OPTIONS'].get('pool'), s.DATABASES['default']['CONN_MAX_AGE']"

    pool, age = shown(show, STOA_PROCESS="web")

    assert (pool["max_size"], pool["timeout"], age) == (8, 2, 0)  # type: ignore[index]
    assert shown(show, STOA_PROCESS="worker") == [None, 60]
    assert shown(show) == [None, 60]


def test_production_cookies_are_kept_from_scripts_and_from_plain_connections() -> None:
    found = shown(
        "s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,"
        " s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS,"
        " s.MFA_REQUIRED_FOR_STAFF, s.DEBUG"
    )

    assert found == ["__Host-session", True, True, "Lax", True, 31536000, True, False]


def test_pictures_may_come_from_the_bucket_and_private_files_get_a_bucket_of_their_own() -> None:
    bucket = {
        "AWS_STORAGE_BUCKET_NAME": "goods",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    show = (
        "s.MEDIA_ORIGINS, s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'],"
        " s.STORAGES['private']['OPTIONS']['bucket_name']"
    )

    origin = "https://objects.example:9000"
    assert shown(show, **bucket, AWS_S3_ENDPOINT_URL=f"{origin}/") == [
        [origin],
        ["'self'", "data:", origin],
        "goods-private",
    ]


def test_one_bucket_for_public_and_private_files_is_refused() -> None:
    process = started(
        {
            **PRODUCTION,
            "AWS_STORAGE_BUCKET_NAME": "goods",
            "AWS_PRIVATE_BUCKET_NAME": "goods",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )

    assert "AWS_PRIVATE_BUCKET_NAME must not be the public bucket." in process.stderr


def test_private_files_lie_outside_of_what_is_served() -> None:
    media, private = Path(base.MEDIA_ROOT), Path(base.PRIVATE_MEDIA_ROOT)

    assert media not in private.parents
    assert private != media
    assert Path(base.STATIC_ROOT) not in private.parents


def test_production_refuses_to_start_with_failpoints_armed() -> None:
    process = started({**PRODUCTION, "STOA_FAILPOINTS": "after_hold=die"})

    assert process.returncode != 0
    assert "Unset the environment variable STOA_FAILPOINTS." in process.stderr
