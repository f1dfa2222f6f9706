"""Rates that an outside service told about a place, kept so that it need not answer again."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now

from commerce.gateways.taxes import Place, TaxesUnavailable, get_tax_engine

from .models import PlaceRate

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=24)


def refresh_place_rates(*, country: str, region: str, postal_code: str, city: str) -> bool:
    """Ask the outside engine, if there is one, about a place; not inside a transaction.

    Returns whether it answered. When it is away nothing changes: rates of the last
    thirty days still count, and after that those of the tables.
    """
    engine = get_tax_engine()
    if engine.name == "tables":
        return False
    known = PlaceRate.objects.filter(
        source=engine.name, country=country, region=region, postal_code=postal_code
    )
    if known.filter(fetched_at__gt=Now() - FRESH).exists():
        return True
    place = Place(country=country, region=region, postal_code=postal_code, city=city)
    try:
        found = engine.rates(place=place)
    except TaxesUnavailable as problem:
        log.warning("pricing.tax_engine_away", engine=engine.name, error=str(problem))
        return False
    with transaction.atomic():
        known.exclude(tax_class__in=[rate.tax_class for rate in found]).delete()
        PlaceRate.objects.bulk_create(
            [
                PlaceRate(
                    source=engine.name,
                    country=country,
                    region=region,
                    postal_code=postal_code,
                    tax_class=rate.tax_class,
                    name=rate.name,
                    rate_bps=rate.rate_bps,
                    fetched_at=Now(),
                )
                for rate in sorted(found, key=lambda rate: rate.tax_class)
            ],
            update_conflicts=True,
            unique_fields=["source", "country", "region", "postal_code", "tax_class"],
            update_fields=["name", "rate_bps", "fetched_at"],
        )
    return True
