"""Labels: asked for, bought, printed, given back.

A label is written down before the carrier is asked, under a key of the seller's
choosing, and its parcel is made known there before it is paid. So a lost answer is
looked up, never repeated blindly, and a parcel has one label whatever happens.
From the moment it is written down nothing of it is canceled automatically.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from commerce.accounts.types import AddressData
from commerce.gateways.carriers import (
    CarrierRefused,
    ParcelRequest,
    RateData,
    get_carrier_gateway,
)
from commerce.kernel.confinement import unconfined
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.orders import operations as orders
from commerce.orders.types import SellerOrderData

from .customs import declaration
from .label_settling import LabelRefused, fetch_file, settle_label, settle_labels
from .label_voiding import LabelPending, NotVoidable, settle_voiding, void_label
from .models import Label, LabelLine
from .queries import labeled_units
from .senders import origin_for
from .sending import NothingToShip, NotShippable, TooMany, own_part
from .types import LabelOffer

MOST_GRAMS = 70_000
MOST_MM = 3_000


class InvalidParcel(ValueError):
    """A weight or size that no parcel has; `field` tells which."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class NoOrigin(ValueError):
    """The seller has not said where parcels leave from."""

    def __init__(self) -> None:
        super().__init__("Say first where your parcels leave from: Shipping, Handling.")


class TooDear(ValueError):
    """The part's labels together would cost more than may be spent on them."""

    def __init__(self, *, within: Money, left: Money) -> None:
        self.within, self.left = within, left
        super().__init__(f"Labels of this order may cost {within} together; {left} is left.")


def label_offers(
    *,
    seller_id: int,
    seller_order_id: int,
    weight_grams: int,
    sizes_mm: Sequence[int] = (),
    quantities: Mapping[int, int] | None = None,
    location_id: int | None = None,
) -> list[LabelOffer]:
    """Return what carriers ask for a parcel of this order now, the cheapest first.

    Raises NotFound, NotShippable, TooMany, NothingToShip, InvalidParcel, NoOrigin,
    CustomsMissing, CarrierUnavailable and LabelRefused.
    """
    part = _shippable(seller_id, seller_order_id)
    origin = origin_of(seller_id, location_id)
    request = parcel_request(
        reference=f"offers:{part.number}",
        origin=origin,
        destination=part.ship_to,
        weight_grams=weight_grams,
        sizes_mm=sizes_mm,
        customs=declaration(
            part=part,
            packed=_to_pack(part, quantities),
            origin=origin.as_dict(),
            destination=part.ship_to,
        ),
    )
    try:
        rates = get_carrier_gateway().prepare(request=request).rates
    except CarrierRefused as refusal:
        raise LabelRefused(f"The carrier says: {refusal.message}") from refusal
    return offers_of(rates, part.goods.currency)


def offers_of(rates: Iterable[RateData], currency: str) -> list[LabelOffer]:
    """Return rates as they are shown, the cheapest first; for this module's own use.

    Nothing is converted, and a label is taken from earnings: what carriers name in another
    currency than the order's is refused. Raises LabelRefused.
    """
    rates = list(rates)
    named = {rate.currency for rate in rates}
    if named and currency not in named:
        raise LabelRefused(
            f"Carriers name their prices in {', '.join(sorted(named))}, and this order is paid in "
            f"{currency}, so a label for it cannot be taken from your earnings. Buy it from the "
            "carrier yourself, and give its tracking number with the parcel."
        )
    offers = [
        LabelOffer(
            carrier=rate.carrier,
            service=rate.service,
            price=Money(rate.amount_minor, rate.currency),
            days=rate.days,
        )
        for rate in rates
        if rate.currency == currency
    ]
    return sorted(offers, key=lambda offer: (offer.price.minor, offer.carrier, offer.service))


def buy_label(
    *,
    seller_id: int,
    seller_order_id: int,
    key: str,
    carrier: str,
    service: str,
    most: Money,
    weight_grams: int,
    sizes_mm: Sequence[int] = (),
    quantities: Mapping[int, int] | None = None,
    location_id: int | None = None,
    within: Money | None = None,
) -> int:
    """Buy a label for a parcel, once per key; returns its id.

    `most` is the price that the seller saw: it is not bought for more. Without
    quantities it is for all that is open. With `within` all labels of the part
    together cost no more than that. Raises TooDear, NotFound, NotShippable, TooMany,
    NothingToShip, InvalidParcel, NoOrigin, CustomsMissing, LabelRefused and
    LabelPending.
    """
    full_key = f"{seller_id}:{key}"[:64]
    known = Label.objects.filter(key=full_key, seller_id=seller_id).first()
    if known is None:
        part = _shippable(seller_id, seller_order_id)
        request = parcel_request(
            reference=full_key,
            origin=origin_of(seller_id, location_id),
            destination=part.ship_to,
            weight_grams=weight_grams,
            sizes_mm=sizes_mm,
        )
        known = _ask_for(
            part, request, quantities, carrier=carrier, service=service, most=most,
            location_id=location_id, within=within,
        )  # fmt: skip
    failpoint("label_asked")
    settle_label(label_id=known.pk)
    known.refresh_from_db()
    if known.state == Label.State.FAILED:
        raise LabelRefused(known.problem)
    if known.state == Label.State.ASKED:
        raise LabelPending
    return known.pk


@unconfined()  # labels have a price, which a seller's people see and do not write
@transaction.atomic
def _ask_for(
    part: SellerOrderData,
    request: ParcelRequest,
    quantities: Mapping[int, int] | None,
    *,
    carrier: str,
    service: str,
    most: Money,
    location_id: int | None,
    within: Money | None,
) -> Label:
    """Write the label down under the order's lock, so that what is in it stays to be sent."""
    orders.lock(token=part.order_token)
    known = Label.objects.filter(key=request.reference).first()
    if known is not None:
        return known
    part = _shippable(part.seller_id, part.id)
    packed = _to_pack(part, quantities)
    if within is not None:
        _check_within(part, most, within)
    label = Label.objects.create(
        key=request.reference,
        seller_id=part.seller_id,
        seller_order_id=part.id,
        location_id=location_id,
        carrier_name=carrier,
        service=service,
        weight_grams=request.weight_grams,
        sizes_mm=list(request.sizes_mm),
        origin=dict(request.origin),
        # Read again under the lock: the address may have been corrected meanwhile.
        destination=dict(part.ship_to),
        customs=declaration(
            part=part, packed=packed, origin=request.origin, destination=part.ship_to
        ),
        currency=most.currency,
        most_minor=most.minor,
    )
    LabelLine.objects.bulk_create(
        LabelLine(label=label, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in sorted(packed.items())
    )
    return label


def _check_within(part: SellerOrderData, most: Money, within: Money) -> None:
    labels = Label.objects.filter(
        seller_order=part.id, is_return=False, state__in=["asked", "bought", "voiding"]
    )
    spent = labels.aggregate(minor=Sum(Coalesce("cost_minor", "most_minor")))["minor"] or 0
    if spent + most.minor > within.minor:
        raise TooDear(within=within, left=Money(max(within.minor - spent, 0), within.currency))


def _to_pack(part: SellerOrderData, quantities: Mapping[int, int] | None) -> dict[int, int]:
    """Return what a new label is for: open units that no other label is for."""
    taken = labeled_units(seller_order_id=part.id)
    left = {line.id: line.open_quantity - taken.get(line.id, 0) for line in part.lines}
    wanted = left if quantities is None else quantities
    titles = {line.id: line.title for line in part.lines}
    for line_id, quantity in wanted.items():
        if quantity < 0 or quantity > left.get(line_id, 0):
            title = titles.get(line_id, "another order's line")
            raise TooMany(line_id=line_id, title=title, left=max(0, left.get(line_id, 0)))
    packed = {line_id: quantity for line_id, quantity in wanted.items() if quantity}
    if not packed:
        raise NothingToShip
    return packed


def _shippable(seller_id: int, seller_order_id: int) -> SellerOrderData:
    part = own_part(seller_id, seller_order_id)
    if part.state not in ("confirmed", "processing"):
        raise NotShippable(number=part.number, state=part.state)
    if part.awaits_capture:
        raise NotShippable(number=part.number, state="reserved")
    return part


def origin_of(seller_id: int, location_id: int | None) -> AddressData:
    origin = origin_for(seller_id=seller_id, location_id=location_id)
    if origin is None:
        raise NoOrigin
    return origin


def parcel_request(
    *,
    reference: str,
    origin: AddressData,
    destination: Mapping[str, str],
    weight_grams: int,
    sizes_mm: Sequence[int],
    customs: Mapping[str, Any] | None = None,
    is_return: bool = False,
) -> ParcelRequest:
    """Return a parcel as carriers are asked about it; for this module's own use.

    Raises InvalidParcel.
    """
    if not 0 < weight_grams <= MOST_GRAMS:
        raise InvalidParcel("weight", f"A parcel weighs at most {MOST_GRAMS // 1000} kg.")
    if len(sizes_mm) not in (0, 3) or any(not 0 < size <= MOST_MM for size in sizes_mm):
        raise InvalidParcel("sizes", "Enter length, width and height, or none of them.")
    return ParcelRequest(
        reference=reference,
        origin=origin.as_dict(),
        destination=dict(destination),
        weight_grams=weight_grams,
        sizes_mm=tuple(sizes_mm),
        customs=customs or {},
        is_return=is_return,
    )


__all__ = [
    "InvalidParcel",
    "LabelPending",
    "LabelRefused",
    "NoOrigin",
    "NotVoidable",
    "TooDear",
    "buy_label",
    "fetch_file",
    "label_offers",
    "settle_label",
    "settle_labels",
    "settle_voiding",
    "void_label",
]
