"""Writes of pricing."""

from collections.abc import Sequence

from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel import actor, currencies
from commerce.outbox.bus import publish

from .events import PricesChanged
from .grouping import GroupNameTaken, save_group
from .listing import (
    InvalidPriceList,
    ListPriceInput,
    NoSuchPriceList,
    PriceListInput,
    announce_switched,
    end_price_list,
    save_price_list,
)
from .loading import BadFile, load_tax_rates
from .models import Price, TaxRate
from .place_rates import refresh_place_rates
from .places import EU_COUNTRIES
from .promoting import (
    InvalidPromotion,
    NoSuchPromotion,
    UsedUp,
    check_promotion,
    claim,
    end_promotion,
    release,
    save_promotion,
)
from .types import PriceInput
from .vat import InvalidVatId, checked_vat_id, owes_tax
from .vat_checks import check_vat_id, exempts, follow_vat_ids, is_stale

__all__ = [
    "EU_COUNTRIES",
    "BadFile",
    "GroupNameTaken",
    "InvalidPrice",
    "InvalidPriceList",
    "InvalidPromotion",
    "InvalidVatId",
    "ListPriceInput",
    "NoSuchPriceList",
    "NoSuchPromotion",
    "NotSoldIn",
    "PriceListInput",
    "UsedUp",
    "announce_switched",
    "check_promotion",
    "check_vat_id",
    "checked_vat_id",
    "claim",
    "end_price_list",
    "end_promotion",
    "exempts",
    "follow_vat_ids",
    "is_stale",
    "load_tax_rates",
    "owes_tax",
    "refresh_place_rates",
    "release",
    "replace_prices",
    "save_group",
    "save_price_list",
    "save_promotion",
    "set_prices",
    "set_tax_rate",
]

MAX_MINOR = 100_000_000_00


class InvalidPrice(Exception):
    """A price is not above zero, absurdly high, or not below its compare-at price."""

    def __init__(self, variant_id: int, reason: str) -> None:
        self.variant_id = variant_id
        self.reason = reason
        super().__init__(f"variant {variant_id}: {reason}")


class NotSoldIn(ValueError):
    """The marketplace does not sell in this currency beside the base currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"{currency} is no further currency of this marketplace")


@transaction.atomic
def set_prices(*, prices: Sequence[PriceInput]) -> None:
    """Set prices from now on, all or none. History is written by the database.

    Raises InvalidPrice.
    """
    wanted = {(price.variant_id, price.currency): price for price in prices}
    for price in wanted.values():
        _check(price)
    if not wanted:
        return
    actor.tell_database()
    Price.objects.bulk_create(
        [
            Price(
                variant_id=price.variant_id,
                currency=price.currency,
                amount_minor=price.amount_minor,
                compare_at_minor=price.compare_at_minor,
            )
            for _, price in sorted(wanted.items())
        ],
        update_conflicts=True,
        unique_fields=["variant", "currency"],
        update_fields=["amount_minor", "compare_at_minor", "changed_at"],
    )
    publish(PricesChanged(variant_ids=sorted({price.variant_id for price in wanted.values()})))


@transaction.atomic
def replace_prices(*, seller_id: int, currency: str, prices: Sequence[PriceInput]) -> None:
    """Let a seller's products have just these prices in a currency beside the base currency.

    What is left out is not sold in it from now on. Raises NotSoldIn, and InvalidPrice,
    also for another seller's variant: then nothing changes.
    """
    if currency not in currencies.further():
        raise NotSoldIn(currency)
    known = catalog.variants(variant_ids=[price.variant_id for price in prices])
    for price in prices:
        about = known.get(price.variant_id)
        if about is None or about.seller_id != seller_id or price.currency != currency:
            raise InvalidPrice(price.variant_id, f"This is no {currency} price of yours.")
    own = Price.objects.filter(variant__product__seller_id=seller_id, currency=currency)
    gone = own.exclude(variant_id__in=known)
    gone_ids = sorted(gone.values_list("variant_id", flat=True))
    actor.tell_database(cause=f"prices in {currency}")
    gone.delete()
    set_prices(prices=prices)
    if gone_ids:
        publish(PricesChanged(variant_ids=gone_ids))


def set_tax_rate(*, country: str, region: str, tax_class: str, name: str, rate_bps: int) -> None:
    """Set the rate of a class at a place; an empty region means the whole country."""
    TaxRate.objects.update_or_create(
        country=country,
        region=region,
        tax_class=tax_class,
        defaults={"name": name, "rate_bps": rate_bps},
    )


def _check(price: PriceInput) -> None:
    if price.amount_minor <= 0:
        raise InvalidPrice(price.variant_id, "The price must be above zero.")
    if max(price.amount_minor, price.compare_at_minor or 0) > MAX_MINOR:
        raise InvalidPrice(price.variant_id, "The price is too high.")
    if price.compare_at_minor is not None and price.compare_at_minor <= price.amount_minor:
        raise InvalidPrice(price.variant_id, "The compare-at price must be higher than the price.")
