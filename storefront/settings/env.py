"""Strict readers of the environment: a wrong value stops the start with a sentence."""

import os
from urllib.parse import urlparse

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default; without either, refuse to start."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def words(name: str, default: str | None = None) -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number inside its limits."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must lie between {least} and {most}, not {value}.")
    return value


def url(name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
    """Return an address with one of the schemes; an empty default is allowed."""
    value = text(name, default)
    if value and urlparse(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(schemes)}.")
    return value
