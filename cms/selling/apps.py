from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate


class SellingConfig(AppConfig):
    name = "cms.selling"
    label = "selling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, settling  # noqa: F401 -- hears when a page goes live

        post_migrate.connect(_guard_rows, sender=self)
        register(checks.sellers_rows_are_guarded, Tags.database)


def _guard_rows(using: str, **_: Any) -> None:
    from .guarding import guard

    if using == DEFAULT_DB_ALIAS:
        guard()
