"""Strict readers of the environment: a wrong value stops the start with a sentence."""

import os
from urllib.parse import urlparse

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default; without either, refuse to start."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def refuse(name: str, *, why: str) -> None:
    """Do not start while the variable is set."""
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"Unset the environment variable {name}. {why}")


def secret(name: str, *, least: int) -> str:
    """Return a secret that cannot be guessed: long enough, and not of a few letters."""
    value = text(name)
    _refuse_weak(name, value, least)
    return value


def secrets(name: str, *, least: int) -> list[str]:
    """Return secrets separated by commas, the one in use first."""
    found = words(name)
    for value in found:
        _refuse_weak(name, value, least)
    return found


def _refuse_weak(name: str, value: str, least: int) -> None:
    if len(value) < least or len(set(value)) < 8:
        raise ImproperlyConfigured(
            f"{name} must have at least {least} characters, of many kinds. Make one with:"
            f" python -c 'import secrets; print(secrets.token_urlsafe({least}))'"
        )


def words(name: str, default: str | None = None) -> list[str]:
    """Return a comma-separated list without blanks; a list that must be given is not empty."""
    found = [word.strip() for word in text(name, default).split(",") if word.strip()]
    if not found and default is None:
        raise ImproperlyConfigured(f"{name} must name at least one value, separated by commas.")
    return found


def flag(name: str, default: bool) -> bool:
    """Return yes or no; anything that only looks like it is refused."""
    value = text(name, "1" if default else "0").lower()
    if value not in _YES | _NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return value in _YES


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
    if not value:
        return value
    try:
        parts = urlparse(value)
        _ = parts.port  # a property that raises when it is no number
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address.") from None
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(schemes)}.")
    if parts.scheme in {"http", "https"} and not parts.hostname:
        raise ImproperlyConfigured(f"{name} must name a host after {parts.scheme}://.")
    return value


def origin(name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
    """Return scheme and host of an address that has no path."""
    value = url(name, default, schemes=schemes).rstrip("/")
    if urlparse(value).path or "?" in value or "#" in value or "@" in value:
        raise ImproperlyConfigured(f"{name} must be a scheme and a host, such as https://a.example")
    return value


def hosts(name: str, *, site: str) -> list[str]:
    """Return the hosts to answer for: no wildcard over everything, and the site among them."""
    found = words(name)
    if "*" in found:
        raise ImproperlyConfigured(f"{name} must name hosts: * would answer for strangers' names.")
    host = urlparse(site).hostname or ""
    if not validate_host(host, found):
        raise ImproperlyConfigured(f"{name} must contain {host}, the host of the shop's address.")
    return found
