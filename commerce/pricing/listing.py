"""Price lists of sellers: other prices for a time, for a group, or by quantity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.outbox.bus import publish

from .events import PricesChanged
from .models import ListPrice, PriceList

MOST_MINOR = 100_000_000_00
MOST_PRICES = 5_000


@dataclass(frozen=True, kw_only=True)
class ListPriceInput:
    variant_id: int
    amount_minor: int
    min_quantity: int = 1


@dataclass(frozen=True, kw_only=True)
class PriceListInput:
    seller_id: int
    name: str
    currency: str
    prices: Sequence[ListPriceInput]
    group_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    priority: int = 0
    tax_included: bool = False


class InvalidPriceList(Exception):
    """The list makes no sense. `errors` tells each field what to mend."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


class NoSuchPriceList(LookupError):
    """There is no such list, or it is another's."""


def save_price_list(*, price_list: PriceListInput, list_id: int | None = None) -> int:
    """Write a list with all its prices, or replace one; carts follow at once.

    Raises InvalidPriceList and NoSuchPriceList.
    """
    if errors := _errors(price_list):
        raise InvalidPriceList(errors)
    values: dict[str, object] = {
        "name": price_list.name.strip(),
        "currency": price_list.currency,
        "group_id": price_list.group_id,
        "starts_at": price_list.starts_at,
        "ends_at": price_list.ends_at,
        "priority": price_list.priority,
        "tax_included": price_list.tax_included,
        "is_active": True,
    }
    try:
        with transaction.atomic():
            actor.tell_database(cause="price list")
            return _write(price_list, list_id, values)
    except IntegrityError as error:
        raise InvalidPriceList(_blamed(error)) from error


def end_price_list(*, list_id: int, seller_id: int) -> None:
    """Let a list count no longer. Repeating it changes nothing. Raises NoSuchPriceList."""
    with transaction.atomic():
        if not PriceList.objects.filter(pk=list_id, seller_id=seller_id).update(is_active=False):
            raise NoSuchPriceList(list_id)
        _tell(list_id)


@transaction.atomic
def announce_switched() -> int:
    """Tell the rest of the shop about lists that began or ended within three minutes.

    Prices are right without it: the database's clock decides them whenever they are
    asked for. Only copies of them, such as tiles in listings, follow this. Repeating it
    changes nothing. Returns how many variants it told of.
    """
    switched = Q()
    for moment in ("starts_at", "ends_at"):
        switched |= Q(
            **{
                f"price_list__{moment}__lte": Now(),
                f"price_list__{moment}__gt": Now() - timedelta(minutes=3),
            }
        )
    live = ListPrice.objects.filter(switched, price_list__is_active=True)
    ids = sorted(set(live.values_list("variant_id", flat=True)))
    if ids:
        publish(PricesChanged(variant_ids=ids))
    return len(ids)


def _write(price_list: PriceListInput, list_id: int | None, values: dict[str, object]) -> int:
    if list_id is None:
        kept = PriceList.objects.create(seller_id=price_list.seller_id, **values)
    else:
        own = PriceList.objects.select_for_update().filter(seller_id=price_list.seller_id)
        found = own.filter(pk=list_id).first()
        if found is None:
            raise NoSuchPriceList(list_id)
        kept = found
        PriceList.objects.filter(pk=kept.pk).update(**values)
    before = set(kept.prices.values_list("variant_id", flat=True))
    kept.prices.all().delete()
    ListPrice.objects.bulk_create(
        [
            ListPrice(
                price_list=kept,
                variant_id=price.variant_id,
                min_quantity=price.min_quantity,
                amount_minor=price.amount_minor,
            )
            for price in price_list.prices
        ]
    )
    touched = before | {price.variant_id for price in price_list.prices}
    publish(PricesChanged(variant_ids=sorted(touched)))
    return kept.pk


def _tell(list_id: int) -> None:
    ids = ListPrice.objects.filter(price_list_id=list_id).values_list("variant_id", flat=True)
    publish(PricesChanged(variant_ids=sorted(set(ids))))


def _errors(price_list: PriceListInput) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not price_list.name.strip():
        errors["name"] = "Give the list a name; shoppers see it where a price is explained."
    if not price_list.prices:
        errors["prices"] = "Name one price at least."
    if len(price_list.prices) > MOST_PRICES:
        errors["prices"] = f"A list holds {MOST_PRICES:,} prices at most."
    if any(not 1 <= price.amount_minor <= MOST_MINOR for price in price_list.prices):
        errors["prices"] = "Each price must be above zero, and not absurdly high."
    if any(not 1 <= price.min_quantity <= 999 for price in price_list.prices):
        errors["prices"] = "A quantity is between 1 and 999."
    keys = [(price.variant_id, price.min_quantity) for price in price_list.prices]
    if len(set(keys)) < len(keys):
        errors["prices"] = "A SKU has one price for each quantity."
    starts, ends = price_list.starts_at, price_list.ends_at
    if starts and ends and ends <= starts:
        errors["ends_at"] = "The end must come after the start."
    return errors


def _blamed(error: IntegrityError) -> dict[str, str]:
    diag = getattr(error.__cause__, "diag", None)
    if getattr(diag, "constraint_name", "") == "one_price_list_per_sellers_name":
        return {"name": "You have a list of this name already."}
    if "own seller" in str(error):
        return {"prices": "A list prices your own products."}
    raise error
