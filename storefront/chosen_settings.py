"""Which settings a server runs under: asked for, never guessed."""

import os

from django.core.exceptions import ImproperlyConfigured


def require_settings() -> None:
    """Refuse to serve, or to work, under settings that nobody chose. Raises ImproperlyConfigured.

    `manage.py` and `make run` are for development and choose for themselves.
    """
    if not os.environ.get("DJANGO_SETTINGS_MODULE", "").strip():
        raise ImproperlyConfigured(
            "Set the environment variable DJANGO_SETTINGS_MODULE: storefront.settings.production"
            " on a server, storefront.settings.dev to try something out."
        )
