"""Labels for parcels that come back: asked for, bought and given back like any other.

The seller pays them, or the marketplace. They are for no open units and no parcel of the
seller's carries them: what they are for is whoever's who asks for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from commerce.accounts.types import AddressData
from commerce.gateways.carriers import CarrierRefused, get_carrier_gateway
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.orders.types import SellerOrderData

from .customs import declaration
from .label_settling import LabelRefused, settle_label
from .label_voiding import LabelPending
from .labels import offers_of, origin_of, parcel_request
from .models import Label
from .sending import own_part
from .types import LabelOffer


def return_offers(
    *,
    seller_id: int,
    seller_order_id: int,
    quantities: Mapping[int, int],
    weight_grams: int,
    sizes_mm: Sequence[int] = (),
) -> list[LabelOffer]:
    """Return what carriers ask to bring units of a part back, the cheapest first.

    Raises NotFound, InvalidParcel, NoOrigin, CustomsMissing, CarrierUnavailable, LabelRefused.
    """
    part = own_part(seller_id, seller_order_id)
    request = parcel_request(
        reference=f"returns:{part.number}",
        weight_grams=weight_grams,
        sizes_mm=sizes_mm,
        is_return=True,
        **_way(part, quantities),
    )
    try:
        rates = get_carrier_gateway().prepare(request=request).rates
    except CarrierRefused as refusal:
        raise LabelRefused(f"The carrier says: {refusal.message}") from refusal
    return offers_of(rates, part.goods.currency)


@unconfined()
@transaction.atomic
def ask_return_label(
    *,
    seller_id: int,
    seller_order_id: int,
    key: str,
    carrier: str,
    service: str,
    most: Money,
    quantities: Mapping[int, int],
    weight_grams: int,
    sizes_mm: Sequence[int] = (),
    by_marketplace: bool = False,
) -> int:
    """Write down that a label back is wanted, once per key; returns its id. No carrier is asked.

    Its cost is the seller's, or the marketplace's own with `by_marketplace`.

    The caller holds the order's lock and calls `finish_return_label` after its transaction.
    Raises NotFound, InvalidParcel, NoOrigin and CustomsMissing.
    """
    full_key = f"{seller_id}:{key}"[:64]
    known = Label.objects.filter(key=full_key, seller_id=seller_id).first()
    if known is not None:
        return known.pk
    part = own_part(seller_id, seller_order_id)
    request = parcel_request(
        reference=full_key,
        weight_grams=weight_grams,
        sizes_mm=sizes_mm,
        is_return=True,
        **_way(part, quantities),
    )
    label = Label.objects.create(
        key=full_key,
        seller_id=seller_id,
        seller_order_id=part.id,
        is_return=True,
        payer=Label.Payer.MARKETPLACE if by_marketplace else Label.Payer.SELLER,
        carrier_name=carrier,
        service=service,
        weight_grams=request.weight_grams,
        sizes_mm=list(request.sizes_mm),
        origin=dict(request.origin),
        destination=dict(request.destination),
        customs=dict(request.customs),
        currency=most.currency,
        most_minor=most.minor,
    )
    return label.pk


def finish_return_label(*, label_id: int) -> None:
    """Buy a label back that was asked for. Raises LabelRefused and LabelPending."""
    state = settle_label(label_id=label_id)
    if state == Label.State.FAILED:
        raise LabelRefused(Label.objects.get(pk=label_id).problem)
    if state == Label.State.ASKED:
        raise LabelPending


def _way(part: SellerOrderData, quantities: Mapping[int, int]) -> dict[str, Any]:
    """From the shopper to where the seller's parcels leave from, declared where that is abroad."""
    home = origin_of(part.seller_id, None)
    shopper = AddressData.from_dict(part.ship_to)
    declared = declaration(
        part=part, packed=quantities, origin=shopper.as_dict(), destination=home.as_dict()
    )
    if declared:
        declared["contents"] = "returned_goods"
    return {"origin": shopper, "destination": home.as_dict(), "customs": declared}
