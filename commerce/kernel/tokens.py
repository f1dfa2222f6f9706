"""Unguessable names for things that are reached by link."""

import secrets


def new_token() -> str:
    """Return 32 URL-safe characters (192 random bits)."""
    return secrets.token_urlsafe(24)
