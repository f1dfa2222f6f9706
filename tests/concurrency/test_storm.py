"""Everything at once: too many buyers, faults, repeats and second thoughts; then the count."""

import random
from typing import Any

import pytest

from commerce.checkout import operations as checkout
from commerce.gateways import stripe_calls
from commerce.invariants import queries as invariants
from commerce.inventory import operations as stock
from commerce.inventory import queries as inventory
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Payment, ProviderEvent, Refund
from devtools.stripe_double import StripeDouble
from tests.factories.cart import make_cart
from tests.factories.inventory import lapse
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart, tell_everything
from tests.support.provider import DECLINED, charges, deliver, notices
from tests.support.race import race_all
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 14
UNITS = 9


def buy(double: StripeDouble, token: str, total: Money, dice: random.Random) -> str:
    """One shopper with a will of their own; returns what they think has happened."""

    def place() -> Any:
        return checkout.place(
            cart_token=token, user_id=None, expected_total=total, return_url=RETURN_URL
        )

    try:
        placed = place()
        if dice.random() < 0.4:
            placed = place()
        for _ in range(5):
            if placed.payment_url is not None:
                break
            stripe_calls.breaker.succeeded()  # fourteen shoppers' failures in a row blow the fuse
            placed = checkout.retry_payment(order_token=placed.order_token)
        if placed.payment_url is None:
            return "waits"
        if dice.random() < 0.3:
            double.pay(placed.payment_url, card=DECLINED)
        if dice.random() < 0.2:
            return checkout.abandon(order_token=placed.order_token)
        double.pay(placed.payment_url)
        if dice.random() < 0.4:
            lapse(placed.order_token)
            stock.release_lapsed()
        if dice.random() < 0.5:
            return checkout.finalise(order_token=placed.order_token)
        return "left"
    except checkout.CheckoutRefused as refused:
        return type(refused).__name__


def settle(double: StripeDouble) -> None:
    """What webhooks and workers do afterwards, more often and in another order than needed."""
    double.clear_faults()
    stripe_calls.breaker.succeeded()
    texts = notices(double) * 2
    random.Random(7).shuffle(texts)
    for text in texts:
        deliver(text)
    stock.release_lapsed()
    for _ in range(3):
        pass_minutes(2)
        checkout.sweep()
        ProviderEvent.objects.filter(handled_at=None).update(due_at="2026-01-01T00:00Z")
        payments.work_off_events()
        Refund.objects.update(due_at="2026-01-01T00:00Z")
        payments.send_refunds()


@pytest.mark.parametrize("seed", [1, 2])
def test_after_the_storm_every_cent_and_every_unit_is_accounted_for(
    double: StripeDouble, seed: int
) -> None:
    first = make_ready_cart([Wanted(on_hand=UNITS)], [Wanted(on_hand=30)])
    carts = [first.token]
    carts += [make_cart(dict.fromkeys(first.variants, 1)) for _ in range(BUYERS - 1)]
    totals = [tell_everything(token) for token in carts]
    for kind in ("500_before", "500_after", "429", "reset"):
        double.fault(kind, path="/v1/checkout/sessions*", times=2, skip=seed)
    double.fault("500_after", path="/v1/refunds", times=1)

    outcomes = race_all(
        [
            lambda token=token, total=total, n=n: buy(
                double, token, total, random.Random(100 * seed + n)
            )
            for n, (token, total) in enumerate(zip(carts, totals, strict=True))
        ]
    )
    settle(double)

    assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
    assert invariants.broken() == []
    sold = Order.objects.filter(state="confirmed").count()
    assert 1 < sold <= UNITS, outcomes
    scarce = inventory.available(variant_ids=first.variants)[first.variants[0]]
    assert scarce.on_hand == UNITS - sold
    kept = [c for c in charges(double) if c["amount_refunded"] < c["amount"]]
    assert len(kept) == sold
    assert not Payment.objects.filter(state="review").exists()
    books = double.state()["totals"]["usd"]
    assert ledger.balance(code="stripe", currency="USD") == (
        books["charged"] - books.get("refunded", 0) - books["fees"]
    )
    assert ledger.balance(code="refunds:owed", currency="USD") == 0
