"""Gift cards that somebody buys at the provider's double."""

import itertools
from datetime import date
from typing import Any

from commerce.checkout import operations as checkout
from commerce.giftcards import operations, queries
from commerce.giftcards.types import Begun, Buyer, PurchaseData, Wish
from commerce.kernel.money import Money
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart

_numbers = itertools.count(1)


def begin(minor: int = 5000, *, key: str = "", buyer: Buyer | None = None, **changes: Any) -> Begun:
    """A purchase that waits for its payment."""
    values: dict[str, Any] = {
        "amount": Money(minor, "USD"),
        "sender_name": "Ada",
        "sender_email": "ada@example.com",
        "recipient_name": "Noor",
        "recipient_email": "noor@example.com",
        "message": "Happy birthday!",
    }
    return operations.buy(
        wish=Wish(**(values | changes)),
        key=key or f"form-{next(_numbers)}",
        buyer=buyer or Buyer(),
        back_url="https://shop.example/gift-cards/GIFT/",
        cancel_url="https://shop.example/gift-cards/GIFT/cancel/",
    )


def bought(
    double: StripeDouble, minor: int = 5000, *, deliver_on: date | None = None, **changes: Any
) -> PurchaseData:
    """A purchase that is paid; its card exists."""
    begun = begin(minor, deliver_on=deliver_on, **changes)
    double.pay(str(begun.payment_url))
    assert operations.finalise(token=begun.token) == "paid"
    return known(begun.token)


def known(token: str) -> PurchaseData:
    """The purchase as it is now."""
    found = queries.purchase(token=token)
    assert found is not None
    return found


def shop_with(code: str) -> Money:
    """An order that takes what it can from a card; returns its total."""
    ready = make_ready_cart()
    review = checkout.add_gift_card(cart_token=ready.token, code=code)
    checkout.place(
        cart_token=ready.token,
        user_id=None,
        expected_total=ready.total,
        expected_due=review.due,
        return_url="https://shop.example/checkout/ORDER/",
    )
    return ready.total


def tell() -> None:
    """Deliver every fact that waits, and those that follow from it."""
    while waiting := list(Delivery.objects.filter(delivered_at=None).order_by("pk")):
        for each in waiting:
            deliver(delivery_id=each.pk)
