"""Sending an order elsewhere, as long as nothing left and nobody's price would change."""

from django.db import transaction

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.catalog import queries as catalog
from commerce.fulfillment import operations as sending
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import Parcel
from commerce.orders import operations as orders
from commerce.orders.types import SellerOrderData
from commerce.pricing import queries as pricing

from .cases import NotPossible, lock_order


def why_not(parts: list[SellerOrderData]) -> str:
    """Say why the address of an order cannot change; "" when it can."""
    living = [part for part in parts if part.state != "canceled"]
    if not living:
        return "The order was canceled."
    if any(part.state not in ("confirmed", "processing") for part in living) or any(
        line.shipped_quantity for part in living for line in part.lines
    ):
        return "A parcel has left already, so the address cannot change any more."
    if fulfillment.has_label_or_parcel(seller_order_ids=[part.id for part in living]):
        return "A parcel is being labeled already, so the address cannot change any more."
    return ""


def change_address(*, order_token: str, address: AddressData, insists: bool = False) -> AddressData:
    """Send an order that has not left to another address; returns it as its country writes it.

    What was agreed stays: when tax or shipping would cost something else there, it is
    refused with what would change. Carriers are asked whether parcels reach it, as in the
    checkout. The caller knows the order's token. Raises NotFound, NotPossible, accounts'
    InvalidAddress, and fulfillment's AddressDoubted unless the shopper `insists`.
    """
    checked = accounts.check_address(address=address)
    verification = sending.verify_address(address=checked, insists=insists)
    with transaction.atomic():
        order, parts = lock_order(order_token)
        why = why_not(parts)
        if why:
            raise NotPossible(why)
        before = AddressData.from_dict(parts[0].ship_to)
        if checked == before:
            return checked
        _same_tax(parts, before, checked)
        _same_shipping(parts, before, checked, order.total.currency)
        known = {"verification": verification} if verification else {}
        orders.readdress(order_id=order.id, ship_to=checked.as_dict() | known)
    return checked


def _same_tax(parts: list[SellerOrderData], before: AddressData, after: AddressData) -> None:
    parts = [part for part in parts if not part.shipping_method.get("pick_up")]
    if not parts:  # taxed where it is picked up
        return
    ids = [line.variant_id for part in parts for line in part.lines]
    classes = {v.tax_class for v in catalog.variants(variant_ids=ids).values()} | {"standard"}
    rates = [
        pricing.tax_rates(country=place.country, region=place.region, tax_classes=classes)
        for place in (before, after)
    ]
    if before.country != after.country or rates[0] != rates[1]:
        raise NotPossible(
            "Other taxes are due there. Cancel the order and order again to the new address."
        )


def _same_shipping(
    parts: list[SellerOrderData], before: AddressData, after: AddressData, currency: str
) -> None:
    for part in parts:
        method = part.shipping_method
        if part.state == "canceled" or method.get("pick_up"):
            continue
        costs = [_cost(part, place, currency) for place in (before, after)]
        if costs[1] is None:
            raise NotPossible(
                f"{method.get('name', 'The chosen way')} does not reach that address. "
                "Cancel the order and order again."
            )
        if costs[0] != costs[1]:
            raise NotPossible(
                "Shipping costs something else there. Cancel the order and order again."
            )


def _cost(part: SellerOrderData, place: AddressData, currency: str) -> int | None:
    lines = part.lines
    variants = catalog.variants(variant_ids=[line.variant_id for line in lines])
    parcel = Parcel(
        seller_id=part.seller_id,
        country=place.country,
        region=place.region,
        postal_code=place.postal_code,
        weight_grams=sum(
            variants[line.variant_id].weight_grams * line.quantity
            for line in lines
            if line.variant_id in variants
        ),
        goods_minor=part.goods.minor,
        pieces=sum(line.quantity for line in lines),
    )
    options = fulfillment.shipping_options(parcels=[parcel], currency=currency)[part.seller_id]
    chosen = part.shipping_method.get("method_id")
    return next((x.price.minor for x in options if x.method_id == chosen), None)
