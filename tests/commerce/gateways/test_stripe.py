"""The gateway against the provider's double: time limits, retries, errors by our names."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from commerce.gateways import stripe_calls
from commerce.gateways.breaker import CircuitBreaker
from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    InTransaction,
    NotAuthentic,
    PaymentGateway,
    SessionLine,
    SessionRequest,
    get_payment_gateway,
    seems_away,
)
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.webhooks import signature
from tests.support.provider import DECLINED, SECRET, notices, pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(double: StripeDouble) -> PaymentGateway:
    return get_payment_gateway()


def request(key: str = "pay:order-1:1", **changes: Any) -> SessionRequest:
    values: dict[str, Any] = {
        "idempotency_key": key,
        "order_token": "order-1",
        "order_number": "ORD-20261120-0001",
        "group": "ORD-20261120-0001",
        "currency": "USD",
        "amount_minor": 5200,
        "lines": [
            SessionLine(name="Blue mug", unit_minor=2500, quantity=2),
            SessionLine(name="Shipping", unit_minor=200, quantity=1),
        ],
        "email": "ada@example.com",
        "success_url": "https://shop.example/back",
        "cancel_url": "https://shop.example/cart",
        "expires_at": datetime.now(tz=UTC).replace(microsecond=0) + timedelta(minutes=32),
    }
    return SessionRequest(**(values | changes))


def pay(double: StripeDouble, gateway: PaymentGateway, **card: str) -> str:
    session = gateway.create_session(request())
    double.pay(session.url, **card)
    return session.id


def test_a_page_asks_for_the_sum_of_its_lines(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    session = gateway.create_session(request())

    payment = gateway.retrieve_payment(session_id=session.id)

    assert session.url.startswith(double.url)
    assert (payment.state, payment.amount_minor, payment.currency) == ("open", 5200, "USD")
    assert (payment.order_token, payment.attempt_key) == ("order-1", "pay:order-1:1")
    assert payment.livemode is False


def test_an_order_of_very_many_lines_is_asked_for_in_one(gateway: PaymentGateway) -> None:
    lines = [SessionLine(name="Pin", unit_minor=10, quantity=1)] * 120

    session = gateway.create_session(request(lines=lines, amount_minor=1200))

    assert gateway.retrieve_payment(session_id=session.id).amount_minor == 1200


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "needs a customer"),
        ({"customer": "cus_1", "later": True}, "cannot be reserved"),
        ({"customer": "cus_1", "currency": "PLN"}, "in PLN"),
    ],
)
def test_a_bank_transfer_that_cannot_be_is_refused_before_the_provider_is_asked(
    double: StripeDouble, gateway: PaymentGateway, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(GatewayRefused, match=why) as refusal:
        gateway.create_session(request(methods=("customer_balance",), **changes))

    assert refusal.value.code == "no_way_to_pay"
    assert pages(double) == 0


def test_repeating_the_request_returns_the_same_page(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    wanted = request()

    assert gateway.create_session(wanted) == gateway.create_session(wanted)
    assert pages(double) == 1


def test_a_paid_page_tells_everything_that_is_booked(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    payment = gateway.retrieve_payment(session_id=pay(double, gateway))

    assert payment.state == "paid"
    assert payment.amount_minor == 5200
    assert payment.fee_minor == 181
    assert payment.method == "visa 4242"
    assert str(payment.charge_id).startswith("ch_")
    again = gateway.retrieve_payment(payment_id=payment.payment_id)
    assert (again.state, again.amount_minor, again.attempt_key) == ("paid", 5200, "pay:order-1:1")


def test_a_decline_is_told_with_its_code(double: StripeDouble, gateway: PaymentGateway) -> None:
    payment = gateway.retrieve_payment(session_id=pay(double, gateway, card=DECLINED))

    assert (payment.state, payment.failure_code) == ("open", "generic_decline")


def test_a_closed_page_says_what_became_of_it(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    open_page = gateway.create_session(request("pay:order-1:1")).id
    assert gateway.cancel(session_id=open_page).state == "expired"
    assert gateway.cancel(session_id=open_page).state == "expired"

    paid = gateway.create_session(request("pay:order-1:2"))
    double.pay(paid.url)
    assert gateway.cancel(session_id=paid.id).state == "paid"


def test_a_page_is_found_by_its_key(gateway: PaymentGateway) -> None:
    since = datetime.now(tz=UTC)
    made = gateway.create_session(request("pay:order-1:2"))

    assert gateway.find_session(attempt_key="pay:order-1:2", since=since) == made
    assert gateway.find_session(attempt_key="pay:order-1:1", since=since) is None


def test_a_refund_is_made_once_per_key(double: StripeDouble, gateway: PaymentGateway) -> None:
    payment = gateway.retrieve_payment(session_id=pay(double, gateway))
    wanted: dict[str, Any] = {
        "idempotency_key": "refund:1",
        "reference": "refund:1",
        "payment_id": payment.payment_id,
        "amount_minor": 200,
        "reason": "test",
    }

    first, second = gateway.refund(**wanted), gateway.refund(**wanted)

    assert first == second
    assert (first.state, first.amount_minor) == ("succeeded", 200)
    assert gateway.retrieve_refund(refund_id=first.id) == first
    found = gateway.find_refund(reference="refund:1", payment_id=str(payment.payment_id))
    assert found == first
    assert gateway.find_refund(reference="refund:2", payment_id=str(payment.payment_id)) is None
    assert gateway.retrieve_payment(payment_id=payment.payment_id).refunded_minor == 200


def test_a_fee_in_another_currency_is_not_taken_for_the_shoppers(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    session_id = pay(double, gateway)
    [charge] = double.world.store.all("charge")
    double.change_object(charge["balance_transaction"], currency="eur")

    assert gateway.retrieve_payment(session_id=session_id).fee_minor == 0


def test_what_the_provider_refuses_is_named(gateway: PaymentGateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.retrieve_payment(session_id="cs_test_nothing")

    assert refused.value.code == "resource_missing"


@pytest.mark.parametrize("kind", ["500_before", "429", "reset"])
def test_a_passing_failure_is_tried_again(
    double: StripeDouble, gateway: PaymentGateway, kind: str
) -> None:
    double.fault(kind, path="/v1/checkout/sessions", times=1)

    assert gateway.create_session(request()).url


def test_a_failure_kept_under_the_key_is_not_hammered_at(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    double.fault("500_stored", path="/v1/checkout/sessions", times=1)
    wanted = request()

    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            gateway.create_session(wanted)

    assert stripe_calls.breaker.allows()


def test_a_hanging_provider_is_left_within_the_limit(
    double: StripeDouble, gateway: PaymentGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.fault("timeout_after", path="/v1/checkout/sessions", times=None, seconds=60)
    wanted = request()
    calls, transport = [], gateway._client._requestor  # type: ignore[attr-defined]

    with monkeypatch.context() as short_of_time:
        short_of_time.setattr(stripe_calls, "READ_SECONDS", 0.3)
        short_of_time.setattr(stripe_calls, "PATIENCE_SECONDS", 0.2)
        short_of_time.setattr(transport, "_client", stripe_calls.PooledClient())
        short_of_time.setattr(stripe_calls.breaker, "failed", lambda: calls.append("failed"))
        with pytest.raises(GatewayUnavailable, match="ReadTimeout"):  # we hung up, not they
            gateway.create_session(wanted)

    assert len(calls) == 1  # patience had ended: nothing was tried again
    double.clear_faults()
    assert gateway.create_session(wanted).url
    assert pages(double) == 1


def test_after_failures_in_a_row_nobody_waits(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    double.outage("refuse")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            gateway.retrieve_payment(session_id="cs_test_1")

    with pytest.raises(GatewayUnavailable, match="not asked"):
        gateway.retrieve_payment(session_id="cs_test_1")


def test_everybody_knows_that_the_provider_is_away_until_it_answers(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    session = gateway.create_session(request())
    double.outage("refuse")
    known = []
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            gateway.retrieve_payment(session_id=session.id)
        known.append(seems_away())

    double.outage(None)
    stripe_calls.breaker._closed_until = 0.0  # the fuse's pause is over
    gateway.retrieve_payment(session_id=session.id)

    assert [*known, seems_away()] == [False, True, False]


def test_the_fuse_lets_one_trial_through_after_its_pause() -> None:
    now = [0.0]
    fuse = CircuitBreaker(threshold=2, pause=5, clock=lambda: now[0])
    fuse.failed()
    assert fuse.allows()
    fuse.failed()
    assert not fuse.allows()

    now[0] = 5.1
    assert [fuse.allows(), fuse.allows()] == [True, False]

    fuse.succeeded()
    assert fuse.allows()


def test_the_limits_are_those_of_a_waiting_shopper() -> None:
    assert (stripe_calls.CONNECT_SECONDS, stripe_calls.READ_SECONDS) == (1.0, 5.0)


def test_nobody_is_called_while_a_transaction_is_open(gateway: PaymentGateway) -> None:
    with transaction.atomic(), pytest.raises(InTransaction):
        gateway.retrieve_payment(session_id="cs_test_1")


def test_without_the_tests_exception_a_tests_own_transaction_counts(
    gateway: PaymentGateway, settings: Any
) -> None:
    settings.GATEWAYS_IGNORE_TEST_TRANSACTION = False

    with pytest.raises(InTransaction):
        gateway.retrieve_payment(session_id="cs_test_1")


def test_the_key_tells_whether_money_is_real(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_1"

    assert get_payment_gateway().livemode is True


def test_a_notice_is_read_after_its_signature_was_checked(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    session_id = pay(double, gateway)
    [text] = notices(double, "checkout.session.completed")

    event = gateway.parse_webhook(body=text.encode(), signature=signature(text, [SECRET]))

    assert (event.kind, event.object["id"]) == ("checkout.session.completed", session_id)
    for body, header in (
        (text.encode(), ""),
        (text.encode(), signature(text, ["whsec_other"])),
        (text.encode() + b" ", signature(text, [SECRET])),
        (b"\xff", signature(text, [SECRET])),
        (text.encode(), signature(text, [SECRET], int(time.time()) - 301)),
    ):
        with pytest.raises(NotAuthentic):
            gateway.parse_webhook(body=body, signature=header)


def test_a_sellers_account_is_opened_paid_into_and_paid_out(
    double: StripeDouble, gateway: PaymentGateway
) -> None:
    charge = gateway.retrieve_payment(session_id=pay(double, gateway)).charge_id
    account = gateway.create_account(
        idempotency_key="account:7", seller_id=7, email="a@example.com", country="US", name="Acme"
    )
    assert (account.payouts_enabled, account.seller_id) == (False, 7)
    link = gateway.account_link(
        account_id=account.id,
        refresh_url="https://shop.example/again",
        return_url="https://shop.example/done",
    )
    assert link.startswith(double.url)
    double.complete_account(account.id)
    assert gateway.retrieve_account(account_id=account.id).payouts_enabled is True

    gateway.transfer(
        idempotency_key="transfer:1",
        account_id=account.id,
        amount_minor=4000,
        currency="USD",
        charge_id=str(charge),
        group="order-1",
    )
    sent = gateway.payout(
        idempotency_key="payout:1", account_id=account.id, amount_minor=4000, currency="USD"
    )
    assert gateway.retrieve_payout(payout_id=sent.id, account_id=account.id).amount_minor == 4000
