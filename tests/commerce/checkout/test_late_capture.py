"""Money that is only reserved on the page: taken once the goods are there, else let go."""

from typing import Any

import pytest

from commerce.checkout import operations
from commerce.checkout.releasing import give_up
from commerce.gateways import stripe_calls
from commerce.gateways.payments import get_payment_gateway
from commerce.invariants import queries as invariants
from commerce.inventory import operations as stock
from commerce.ledger import queries as books
from commerce.orders import queries as orders
from commerce.payments.models import Payment, Refund
from commerce.payments.queries import as_data
from devtools.stripe_double import StripeDouble
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import Wanted, make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import charges, session_of
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def later(double: StripeDouble, settings: Any) -> None:
    settings.PAYMENT_CAPTURE_LATER = True


def paid(double: StripeDouble, **wanted: Any) -> tuple[str, str, list[int]]:
    """An order whose money is reserved: its token, its payment at the provider, its variants."""
    ready = make_ready_cart([Wanted(**wanted)])
    placed = ready.place()
    double.pay(str(placed.payment_url))
    intent = double.world.store.by_id[session_of(str(placed.payment_url))]["payment_intent"]
    assert double.world.store.by_id[intent]["status"] == "requires_capture"
    return placed.order_token, intent, ready.variants


def status(double: StripeDouble, intent: str) -> str:
    return str(double.world.store.by_id[intent]["status"])


def state(token: str) -> str:
    order = orders.ref(token=token)
    assert order is not None
    return order.state


def test_reserved_money_is_taken_when_the_goods_are_held(double: StripeDouble) -> None:
    token, intent, _ = paid(double)

    assert operations.finalise(order_token=token) == "confirmed"

    assert status(double, intent) == "succeeded"
    assert Payment.objects.get().state == "captured"
    check_deferred_constraints()
    assert invariants.broken() == []


def test_what_sold_out_is_never_charged(double: StripeDouble) -> None:
    token, intent, variants = paid(double, on_hand=1)
    lapse(token)
    stock.release_lapsed()
    stock_up(variants[0], 0)

    assert operations.finalise(order_token=token) == "canceled"

    assert status(double, intent) == "canceled"
    assert Payment.objects.get().state == "canceled"
    assert not Refund.objects.exists()
    assert books.balance(code="stripe", currency="USD") == 0
    check_deferred_constraints()


def test_a_hold_that_lapsed_is_taken_again_before_the_money(double: StripeDouble) -> None:
    token, _, _ = paid(double, on_hand=1)
    lapse(token)
    stock.release_lapsed()

    assert operations.finalise(order_token=token) == "confirmed"


def test_money_that_was_reserved_and_forgotten_is_found(double: StripeDouble) -> None:
    token, intent, _ = paid(double)
    double.fault("500_before", method="POST", path="*/capture", times=None)
    operations.finalise(order_token=token)
    assert (Payment.objects.get().state, status(double, intent)) == (
        "authorized",
        "requires_capture",
    )
    double.clear_faults()
    stripe_calls.breaker.succeeded()
    pass_minutes(3)

    operations.sweep()

    assert (state(token), status(double, intent)) == ("confirmed", "succeeded")
    assert len(charges(double)) == 1


def test_money_that_stays_reserved_is_counted_however_often_somebody_looks(
    double: StripeDouble,
) -> None:
    token, _, _ = paid(double)
    double.fault("500_before", method="POST", path="*/capture", times=None)
    operations.finalise(order_token=token)
    check_deferred_constraints()
    pass_minutes(61)
    stripe_calls.breaker.succeeded()

    operations.finalise(order_token=token)  # it is looked at again just now, in vain

    assert Payment.objects.get().state == "authorized"
    assert "Reserved money is taken or let go within an hour of when that is due." in [
        each.rule for each in invariants.broken()
    ]


def test_an_answer_that_was_lost_takes_nothing_twice(double: StripeDouble) -> None:
    token, _, _ = paid(double)
    double.fault("500_after", method="POST", path="*/capture")

    operations.finalise(order_token=token)
    stripe_calls.breaker.succeeded()

    assert operations.finalise(order_token=token) == "confirmed"
    assert len(charges(double)) == 1


def test_a_reservation_that_expired_gives_the_order_up_and_nothing_is_sent(
    double: StripeDouble,
) -> None:
    token, intent, _ = paid(double)
    double.advance(8 * 24 * 3600)

    assert operations.finalise(order_token=token) == "canceled"
    assert status(double, intent) == "canceled"


def test_money_of_an_order_that_was_given_up_is_let_go(double: StripeDouble) -> None:
    _, intent, _ = paid(double)
    payment = Payment.objects.get()
    give_up(payment=as_data(payment), reason="given up meanwhile", only_unopened=False)

    operations.settle_session(session_id=str(payment.provider_session))

    assert status(double, intent) == "canceled"
    assert books.balance(code="stripe", currency="USD") == 0


def test_a_part_can_be_taken_and_the_rest_is_free_again(double: StripeDouble) -> None:
    _, intent, _ = paid(double)

    taken = get_payment_gateway().capture_payment(
        idempotency_key="part", payment_id=intent, amount_minor=1000
    )

    assert (taken.state, taken.amount_minor) == ("paid", 1000)


def test_a_part_that_was_taken_elsewhere_confirms_nothing(double: StripeDouble) -> None:
    token, intent, _ = paid(double)
    get_payment_gateway().capture_payment(
        idempotency_key="part", payment_id=intent, amount_minor=1000
    )

    assert operations.finalise(order_token=token) == "review"
