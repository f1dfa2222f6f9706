"""The sweeper finishes what was interrupted, and gives up what nobody pays."""

from typing import Any

import pytest

from commerce.cart import queries as carts
from commerce.checkout import operations, sweeping
from commerce.gateways import stripe_calls
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.payments import queries as payments
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges, session_of
from tests.support.race import meeting
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db


def state(token: str) -> str:
    order = orders.ref(token=token)
    assert order is not None
    return order.state


def test_a_payment_that_nobody_reported_is_found(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url)
    pass_minutes(1.1)

    assert operations.sweep() == 1
    assert state(placed.order_token) == "confirmed"
    assert operations.sweep() == 0


def test_nobody_is_asked_before_a_minute_has_passed(double: StripeDouble) -> None:
    make_ready_cart().place()

    assert operations.sweep() == 0


def test_an_open_page_is_asked_about_again_pass_minutes(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    pass_minutes(1.1)

    assert operations.sweep() == 1
    assert operations.sweep() == 0
    pass_minutes(1.6)
    assert operations.sweep() == 1
    assert state(placed.order_token) == "pending"


def test_a_page_that_could_not_be_opened_is_opened(double: StripeDouble) -> None:
    double.outage("refuse")
    placed = make_ready_cart().place()
    double.outage(None)
    stripe_calls.breaker.succeeded()
    pass_minutes(1.1)

    operations.sweep()

    [attempt] = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    assert attempt.url.startswith(double.url)


def test_an_order_without_a_page_is_given_up_after_a_quarter_of_an_hour(
    double: StripeDouble,
) -> None:
    double.outage("refuse")
    ready = make_ready_cart()
    placed = ready.place()
    pass_minutes(16)

    operations.sweep()

    assert state(placed.order_token) == "canceled"
    assert carts.find(token=ready.token, user_id=None) == ready.token


def test_an_expired_page_gives_the_order_up(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    double.advance(33 * 60)
    pass_minutes(33)

    operations.sweep()

    assert state(placed.order_token) == "canceled"
    assert carts.find(token=ready.token, user_id=None) == ready.token


def test_with_the_provider_away_the_sweep_stops_and_nothing_is_lost(double: StripeDouble) -> None:
    tokens = []
    for _ in range(4):
        placed = make_ready_cart().place()
        double.pay(str(placed.payment_url))
        tokens.append(placed.order_token)
    double.outage("refuse")
    pass_minutes(2)

    assert operations.sweep() == 3

    double.outage(None)
    stripe_calls.breaker.succeeded()
    pass_minutes(2)
    assert operations.sweep() == 4
    assert [state(token) for token in tokens] == ["confirmed"] * 4
    assert len(charges(double)) == 4


def test_a_page_of_which_nothing_is_said_keeps_no_other_waiting(double: StripeDouble) -> None:
    silent, heard = (make_ready_cart().place() for _ in range(2))
    double.pay(str(heard.payment_url))
    page = f"/v1/checkout/sessions/{session_of(str(silent.payment_url))}"
    double.fault("500_before", method="GET", path=page, times=None)
    pass_minutes(2)

    assert operations.sweep() == 2

    assert (state(silent.order_token), state(heard.order_token)) == ("pending", "confirmed")


def test_a_slow_provider_delays_a_batch_and_not_each_payment(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of a batch is answered before all of it have been asked."""
    for _ in range(sweeping.ASKED_AT_ONCE):
        make_ready_cart().place()
    pass_minutes(2)
    ask, all_are_asked = sweeping._ask, meeting(sweeping.ASKED_AT_ONCE)

    def ask_slowly(attempt: Any) -> Any:
        all_are_asked()
        return ask(attempt)

    monkeypatch.setattr(sweeping, "_ask", ask_slowly)

    assert operations.sweep() == sweeping.ASKED_AT_ONCE


def test_a_fee_that_nobody_reported_is_booked(double: StripeDouble) -> None:
    double.settings(settlement_delay=3600)
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    double.settings(settlement_delay=0)
    double.advance(3601)
    pass_minutes(31)

    assert operations.sweep() == 1

    [attempt] = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    assert attempt.fee_minor > 0
    assert ledger.balance(code="stripe:fees", currency="USD") == attempt.fee_minor
    pass_minutes(31)
    assert operations.sweep() == 0
