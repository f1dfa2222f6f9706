"""Whether tax can be taken at all: part of `manage.py check --deploy --database default`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Caution
from django.db import DEFAULT_DB_ALIAS, connection

from .models import TaxRate


def tax_rates_are_kept(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Say that nothing is taxed, as no rate is kept and no service is asked."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or settings.TAX_ENGINE != "tables":
        return []
    if TaxRate._meta.db_table not in connection.introspection.table_names():
        return []  # `migrate` is still to come
    if TaxRate.objects.exists():
        return []
    return [
        Caution(
            "There is not one tax rate: no order is taxed.",
            hint="Run manage.py load_tax_rates, then look through the rates.",
            id="pricing.W001",
        )
    ]
