"""A server never falls back on development's settings, nor on weak secrets."""

import os
import subprocess
import sys

import pytest

from devtools.embedded.places import CHECKOUT
from tests.storefront.test_settings import PRODUCTION, started


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "import storefront.wsgi"),
        ("-c", "import storefront.asgi"),
        ("-m", "celery", "-A", "storefront", "worker"),
        ("-m", "celery", "-A", "storefront", "beat"),
    ],
)
@pytest.mark.parametrize("environment", [{}, {"DJANGO_SETTINGS_MODULE": " "}])
def test_what_serves_or_works_asks_for_its_settings(
    command: tuple[str, ...], environment: dict[str, str]
) -> None:
    process = run(*command, **environment)

    assert process.returncode != 0
    assert "Set the environment variable DJANGO_SETTINGS_MODULE" in process.stderr
    assert "storefront.settings.production on a server" in process.stderr


def test_settings_that_were_chosen_are_taken() -> None:
    process = run("-c", "import storefront.wsgi", DJANGO_SETTINGS_MODULE="storefront.settings.test")

    assert process.stderr == ""


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
@pytest.mark.parametrize("value", ["short", "x" * 80])
def test_weak_secrets_stop_the_start(name: str, value: str) -> None:
    process = started({**PRODUCTION, name: value})

    assert process.returncode == 1
    assert f"{name} must have at least" in process.stderr
    assert value not in process.stderr
