"""A card that is spent at the instant it is given back, and forms that are pressed together."""

from functools import partial

import pytest

from commerce.checkout import operations as checkout
from commerce.credits import queries as credits
from commerce.credits.models import Credit
from commerce.giftcards import operations, refunding
from commerce.giftcards.models import Purchase
from commerce.invariants import queries as invariants
from commerce.kernel.money import Money
from commerce.payments.models import Payment, Refund
from devtools.stripe_double import StripeDouble
from tests.factories.giftcards import begin, bought
from tests.factories.orders import ReadyCart, make_ready_cart
from tests.support.provider import charges
from tests.support.race import race, race_all

pytestmark = pytest.mark.django_db(transaction=True)


def in_the_cart(code: str) -> ReadyCart:
    ready = make_ready_cart()
    checkout.add_gift_card(cart_token=ready.token, code=code)
    return ready


def place(ready: ReadyCart) -> None:
    """All of it is paid by the card."""
    checkout.place(
        cart_token=ready.token,
        user_id=None,
        expected_total=ready.total,
        expected_due=Money(0, "USD"),
        return_url="https://shop.example/checkout/ORDER/",
    )


def test_what_is_spent_is_not_given_back_and_what_is_given_back_is_not_spent(
    double: StripeDouble,
) -> None:
    for turn in range(4):
        purchase = bought(double, sender_email=f"ada{turn}@example.com")
        ready = in_the_cart(credits.code(credit_id=purchase.credit_id or 0))

        given, placed = race_all(
            [
                partial(operations.refund, token=purchase.token, reason="x"),
                partial(place, ready),
            ]
        )

        card = Credit.objects.get(pk=purchase.credit_id)
        spent = 0 if isinstance(placed, checkout.CheckoutRefused) else ready.total.minor
        assert card.spent_minor == spent
        assert given == Money(5000 - spent, "USD")
    assert invariants.broken() == []


def test_control_without_the_lock_it_is_given_back_and_spent(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left is read, and then a shopper is quicker."""
    purchase = bought(double)
    ready = in_the_cart(credits.code(credit_id=purchase.credit_id or 0))

    def read_without_a_lock(*, credit_id: int, to: str, reason: str) -> Money:
        left = Credit.objects.get(pk=credit_id).balance_minor
        assert race(partial(place, ready), times=1) == [None]
        return Money(left, "USD")

    monkeypatch.setattr(refunding.credits, "take_back", read_without_a_lock)
    operations.refund(token=purchase.token, reason="x")

    assert Refund.objects.get().amount_minor == 5000
    assert Credit.objects.get().spent_minor == ready.total.minor
    assert invariants.broken() != []


def test_eight_presses_of_one_form_are_one_purchase(double: StripeDouble) -> None:
    results = race(lambda: begin(key="one-form"), times=8)

    assert Purchase.objects.count() == Payment.objects.count() == 1
    assert len({getattr(each, "payment_url", each) for each in results}) == 1


def test_one_notice_eight_times_makes_one_card(double: StripeDouble) -> None:
    begun = begin()
    double.pay(str(begun.payment_url))

    results = race(lambda: operations.finalise(token=begun.token), times=8)

    assert set(results) == {"paid"}
    assert Credit.objects.count() == len(charges(double)) == 1


def test_a_buyer_cannot_pass_the_limit_by_pressing_at_once(
    double: StripeDouble, settings: object
) -> None:
    settings.GIFT_CARD_DAY_MOST = 12_000  # type: ignore[attr-defined]

    results = race(lambda: begin(5000), times=6)

    assert [type(each) for each in results].count(operations.TooMuchToday) == 4
    assert Purchase.objects.count() == 2
