"""What customs want to know of a parcel that crosses their border, and whether one does.

Sellers keep it by SKU; a label freezes it with the quantities and the value in it, so
that paper and carrier say the same for ever.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction

from commerce.accounts.queries import countries_by_name
from commerce.catalog import queries as catalog
from commerce.orders.types import LineData, SellerOrderData
from commerce.pricing.operations import EU_COUNTRIES

from .models import CustomsItem
from .types import CustomsItemData

# One customs territory each; Monaco belongs to France's.
_UNION = EU_COUNTRIES | {"MC"}
_UNITED_STATES = {"US", "PR"}
_FORCES_ABROAD = {"AA", "AE", "AP"}
_HS_CODE = re.compile(r"\d{6}(\d{2}|\d{4})?")
MOST_MINOR = 100_000_000_00
# Above this value of one tariff number the US want an export filing, whose number only the
# exporter has.
_FILING_FROM_MINOR = 2_500_00


class InvalidCustoms(ValueError):
    """What was typed cannot be told to customs; `field` tells what."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class CustomsMissing(ValueError):
    """A parcel crosses a customs border and something that customs ask for is not known."""

    def __init__(self, *, titles: Iterable[str], message: str = "") -> None:
        self.titles = list(titles)
        super().__init__(
            message
            or "This parcel crosses a customs border. Fill in the customs details first of: "
            + ", ".join(self.titles)
            + "."
        )


@transaction.atomic
def set_customs(*, variant_ids: Iterable[int], item: CustomsItemData) -> None:
    """Keep what customs are told of these variants, all alike. The caller checked whose they are.

    Raises InvalidCustoms.
    """
    checked = checked_customs(item=item)
    CustomsItem.objects.bulk_create(
        [CustomsItem(variant_id=pk, **asdict(checked)) for pk in sorted(set(variant_ids))],
        update_conflicts=True,
        unique_fields=["variant"],
        update_fields=["description", "hs_code", "origin_country", "value_minor"],
    )


def checked_customs(*, item: CustomsItemData) -> CustomsItemData:
    """Return it as it would be kept; nothing is written. Raises InvalidCustoms."""
    code = re.sub(r"[\s.]", "", item.hs_code)
    if not _HS_CODE.fullmatch(code) or not code.isascii():
        raise InvalidCustoms("hs_code", "A tariff number has 6, 8 or 10 digits, such as 6109.10.")
    description = " ".join(item.description.split())
    if len(description) < 3 or not any(char.isalpha() for char in description):
        raise InvalidCustoms("description", "Say what it is, such as “Cotton T-shirt, knitted”.")
    if len(description) > 60:
        raise InvalidCustoms("description", "Shorten this to 60 characters.")
    if item.origin_country not in dict(countries_by_name()):
        raise InvalidCustoms("origin_country", "Choose the country in which it was made.")
    if item.value_minor is not None and not 0 < item.value_minor <= MOST_MINOR:
        raise InvalidCustoms("value_minor", "Enter a value above zero, or leave it empty.")
    return CustomsItemData(
        description=description,
        hs_code=code,
        origin_country=item.origin_country,
        value_minor=item.value_minor,
    )


def customs_of(*, variant_ids: Iterable[int]) -> dict[int, CustomsItemData]:
    """Return what customs are told of variants; one that nobody described is left out."""
    return {
        row.variant_id: CustomsItemData(
            description=row.description,
            hs_code=row.hs_code,
            origin_country=row.origin_country,
            value_minor=row.value_minor,
        )
        for row in CustomsItem.objects.filter(variant_id__in=list(variant_ids))
    }


def crosses_border(*, origin: Mapping[str, Any], destination: Mapping[str, Any]) -> bool:
    """Tell whether a parcel between two addresses passes through customs."""
    one, other = str(origin.get("country", "")), str(destination.get("country", ""))
    if "US" in (one, other) and _FORCES_ABROAD & {
        str(place.get("region", "")) for place in (origin, destination)
    }:
        return True
    if one == other:
        return False
    return not any({one, other} <= territory for territory in (_UNION, _UNITED_STATES))


def declaration(
    *,
    part: SellerOrderData,
    packed: Mapping[int, int],
    origin: Mapping[str, Any],
    destination: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a parcel with these units of each line declares; nothing inside a border.

    Raises CustomsMissing.
    """
    if not crosses_border(origin=origin, destination=destination):
        return {}
    lines = [line for line in part.lines if packed.get(line.id)]
    variant_ids = [line.variant_id for line in lines]
    known, weights = customs_of(variant_ids=variant_ids), catalog.variants(variant_ids=variant_ids)
    lacking = [
        line.title
        for line in lines
        if line.variant_id not in known or not weights[line.variant_id].weight_grams
    ]
    if lacking:
        raise CustomsMissing(titles=dict.fromkeys(lacking))
    items = [
        _item(line, packed[line.id], known[line.variant_id], weights[line.variant_id].weight_grams)
        for line in lines
    ]
    _refuse_filing(items, origin, destination, part.goods.currency)
    return {
        "signer": str(origin.get("name") or origin.get("company") or ""),
        "currency": part.goods.currency,
        "order": part.number,
        "from_us": origin.get("country") == "US",
        "items": items,
    }


def _item(line: LineData, quantity: int, known: CustomsItemData, grams: int) -> dict[str, Any]:
    paid = (line.total - line.discount - line.included_tax).minor
    # What the seller says it is worth is in the base currency, and nothing is converted.
    has_own = known.value_minor is not None and line.total.currency == settings.BASE_CURRENCY
    value = (known.value_minor or 0) * quantity if has_own else paid * quantity // line.quantity
    return {
        "description": known.description,
        "hs_code": known.hs_code,
        "origin_country": known.origin_country,
        "sku": line.sku,
        "quantity": quantity,
        # Customs take no value of nothing, not even for a present.
        "value_minor": max(value, 1),
        "weight_grams": grams * quantity,
    }


def _refuse_filing(
    items: list[dict[str, Any]],
    origin: Mapping[str, Any],
    destination: Mapping[str, Any],
    currency: str,
) -> None:
    if origin.get("country") != "US" or destination.get("country") in ("US", "CA"):
        return
    by_code: dict[str, int] = {}
    for item in items:
        by_code[item["hs_code"]] = by_code.get(item["hs_code"], 0) + item["value_minor"]
    if currency == "USD" and max(by_code.values()) > _FILING_FROM_MINOR:
        raise CustomsMissing(
            titles=[],
            message="The US want an export filing for goods of more than 2,500.00 USD under one "
            "tariff number. Send them in smaller parcels, or file it and buy this label from "
            "the carrier.",
        )
