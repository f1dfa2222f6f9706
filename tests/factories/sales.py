"""Orders that were paid: money captured, booked in the ledger, and confirmed."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from commerce.accounts.types import AddressData
from commerce.cart.models import Cart
from commerce.catalog.models import Product, ProductType, Variant
from commerce.kernel import actor
from commerce.kernel.tokens import new_token
from commerce.ledger import operations as ledger
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import LineDraft, OrderData, OrderDraft, SellerOrderDraft
from commerce.payments.models import Payment
from commerce.sellers.models import Seller
from tests.factories.accounts import SAN_FRANCISCO
from tests.support.constraints import check_deferred_constraints

_numbers = itertools.count(1)
STANDARD = {"method_id": 1, "name": "Standard", "carrier": "USPS", "min_days": 3, "max_days": 5}


@dataclass(frozen=True, kw_only=True)
class Sold:
    """What one seller sells in an order."""

    seller: Seller
    unit_minor: int = 2500
    quantity: int = 2
    shipping_minor: int = 700
    tax_bps: int = 875
    commission_bps: int = 1000
    promoted_minor: int = 0
    """What a promotion of the marketplace takes off each line."""
    titles: Sequence[str] = ("Stoneware mug",)
    method: Mapping[str, Any] = field(default_factory=lambda: dict(STANDARD))


def make_variant(seller: Seller, *, name: str = "Stoneware mug") -> Variant:
    """One SKU of the seller, without page, price or stock."""
    number = next(_numbers)
    kind, _ = ProductType.objects.get_or_create(code="thing", defaults={"name": "Thing"})
    product = Product.objects.create(
        seller_id=seller.pk, type=kind, handle=f"thing-{number}", name=name
    )
    return Variant.objects.create(product=product, sku=f"SKU-{number}", weight_grams=400)


def sell(
    *parts: Sold,
    email: str = "ada@example.com",
    charge: str = "",
    payment_id: str = "",
    user_id: int | None = None,
    address: AddressData = SAN_FRANCISCO,
    currency: str = "USD",
) -> OrderData:
    """An order that was placed, paid and confirmed, with its capture in the ledger."""
    number = next(_numbers)
    charge = charge or f"ch_test_{number}"
    with transaction.atomic():
        actor.tell_database(cause="test")
        cart = Cart.objects.create(currency=currency, user_id=user_id, state=Cart.State.ORDERED)
        placed = orders.place(
            draft=OrderDraft(
                cart_id=cart.pk,
                user_id=user_id,
                email=email,
                currency=currency,
                ship_to=address.as_dict(),
                seller_orders=[_draft(part) for part in parts],
            ),
            number=f"ORD-20261120-{number:04d}",
            token=new_token(),
        )
        total = placed.total.minor
        payment = Payment.objects.create(
            order_token=placed.token,
            idempotency_key=f"pay:{placed.token}:1",
            currency=currency,
            amount_minor=total,
        )
        payment.state, payment.captured_minor = "captured", total
        payment.provider_charge = charge
        payment.provider_payment = payment_id or f"pi_test_{number}"
        payment.save()
        check_deferred_constraints()  # placing commits before the money comes
        orders.confirm(order_id=placed.id)
        order = order_queries.orders(order_ids=[placed.id])[placed.id]
        entries = {f"payable:{part.seller_id}": -part.earning.minor for part in order.seller_orders}
        commission = sum(part.commission.minor for part in order.seller_orders)
        ledger.post(
            business_key=f"capture:{charge}",
            kind="capture",
            entries={
                "stripe": total,
                "commission": -commission,
                "tax": -order.tax.minor,
                "promotions": sum(part.platform_discount.minor for part in order.seller_orders),
                **entries,
            },
            currency=currency,
            memo=order.number,
        )
    return order


def _draft(sold: Sold) -> SellerOrderDraft:
    goods = sold.unit_minor * sold.quantity
    return SellerOrderDraft(
        seller_id=sold.seller.pk,
        shipping_minor=sold.shipping_minor,
        shipping_tax_minor=sold.shipping_minor * sold.tax_bps // 10_000,
        shipping_method=dict(sold.method),
        lines=[
            LineDraft(
                variant_id=variant.pk,
                title=title,
                sku=variant.sku,
                options=["Sand"],
                image={},
                path=f"/p/{variant.product_id}/",
                quantity=sold.quantity,
                unit_minor=sold.unit_minor,
                tax_minor=goods * sold.tax_bps // 10_000,
                tax_rate_bps=sold.tax_bps,
                tax_name="Sales tax",
                commission_bps=sold.commission_bps,
                discount_minor=sold.promoted_minor,
                platform_discount_minor=sold.promoted_minor,
            )
            for title in sold.titles
            for variant in [make_variant(sold.seller, name=title)]
        ],
    )
