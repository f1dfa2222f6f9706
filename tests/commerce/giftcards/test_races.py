"""A card that is spent at the instant it is given back, and forms that are pressed together."""

from functools import partial

import pytest

from commerce.checkout import operations as checkout
from commerce.credits import queries as credits
from commerce.credits.models import Credit
from commerce.giftcards import elsewhere, operations, refunding
from commerce.giftcards.models import Purchase
from commerce.invariants import queries as invariants
from commerce.kernel.money import Money
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Payment, Refund
from devtools.stripe_double import StripeDouble
from tests.commerce.payments.test_deciding import refund_in_the_dashboard
from tests.factories.giftcards import begin, bought, shop_with
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


def held_and_given_back(double: StripeDouble, turn: int = 0) -> tuple[Purchase, Payment, Order]:
    """A card all of which an unpaid order holds; its price was given back in the dashboard."""
    purchase = bought(double, 1500, sender_email=f"ada{turn}@example.com")
    shop_with(credits.code(credit_id=purchase.credit_id or 0))
    payment = Payment.objects.get(order_token=purchase.payment_token)
    refund_in_the_dashboard(double, payment, 1500)
    return Purchase.objects.get(pk=purchase.id), payment, Order.objects.latest("pk")


def hear(payment: Payment) -> None:
    """The notice comes, and those who hear of it are told."""
    payments.record_found_refunds(charge_id=str(payment.provider_charge))
    operations.heed_found_refund(order_token=payment.order_token)


def test_what_an_order_gives_back_at_the_instant_the_refund_is_heard_of_cannot_be_spent(
    double: StripeDouble,
) -> None:
    for turn in range(4):
        purchase, payment, order = held_and_given_back(double, turn)

        race_all([partial(hear, payment), partial(checkout.abandon, order_token=order.token)])

        with pytest.raises(checkout.GiftCardRefused):
            in_the_cart(credits.code(credit_id=purchase.credit_id or 0))
        operations.heed_blocked()
        card = Credit.objects.get(pk=purchase.credit_id)
        assert (card.voided_at is not None, card.spent_minor) == (True, 0)
    assert invariants.broken() == []


def test_control_without_the_block_it_is_spent_before_it_is_heard_again(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase, payment, order = held_and_given_back(double)
    monkeypatch.setattr(elsewhere.credits, "block", lambda **_: None)

    race(partial(hear, payment), times=1)
    checkout.abandon(order_token=order.token)
    race(lambda: shop_with(credits.code(credit_id=purchase.credit_id or 0)), times=1)

    assert Credit.objects.get().spent_minor == Refund.objects.get().amount_minor == 1500


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
