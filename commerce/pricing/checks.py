"""Whether tax can be taken at all, and money in the currencies that are sold in."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution
from django.db import DEFAULT_DB_ALIAS, connection

from commerce.gateways.payments import TAKEN

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


def currencies_can_be_sold_in(**_: Any) -> list[CheckMessage]:
    """Refuse currencies whose money could not be taken, given back or paid out."""
    known = ", ".join(sorted(TAKEN))
    found: list[CheckMessage] = [
        Error(
            f"CURRENCIES names {currency[:20]}, in which the payment provider does not take, "
            "give back and pay out every amount.",
            hint=f"Choose among {known}.",
            id="pricing.E001",
        )
        for currency in sorted(set(settings.CURRENCIES) - TAKEN)
    ]
    if settings.BASE_CURRENCY not in settings.CURRENCIES:
        found.append(
            Error(
                f"CURRENCIES leaves out {settings.BASE_CURRENCY}, the base currency.",
                hint=f"Begin it with {settings.BASE_CURRENCY}.",
                id="pricing.E002",
            )
        )
    return found
