"""Refunds: never more than came in, each once, whatever the provider does."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from commerce.checkout import operations as checkout
from commerce.gateways import stripe_calls
from commerce.gateways.payments import GatewayRefused
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.ledger import queries as books
from commerce.outbox.models import Event
from commerce.payments import operations
from commerce.payments.models import Payment, Refund
from commerce.payments.operations import RefundTooLarge
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.factories.payments import make_captured
from tests.support.provider import charges
from tests.support.race import meeting, race_all


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def request(payment_id: int, minor: int, key: str) -> int:
    with transaction.atomic():
        ledger.post(
            business_key=f"owed:{key}",
            kind="refund owed",
            entries={"payable:1": minor, "refunds:owed": -minor},
            currency="USD",
        )
        return operations.request_refund(
            payment_id=payment_id, amount=usd(minor), business_key=key, reason="changed my mind"
        )


def refunded(payment_id: int) -> int:
    return Payment.objects.get(pk=payment_id).refunded_minor


@pytest.fixture
def paid(double: StripeDouble, db: None) -> Payment:
    return pay(double)


def pay(double: StripeDouble) -> Payment:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    checkout.finalise(order_token=placed.order_token)
    return Payment.objects.get()


@pytest.mark.django_db
def test_a_refund_exists_once_per_key() -> None:
    payment = make_captured(5000)

    first, second = request(payment.id, 1000, "r:1"), request(payment.id, 1000, "r:1")

    assert first == second
    assert refunded(payment.id) == 1000


@pytest.mark.django_db
def test_no_more_goes_back_than_came_in() -> None:
    payment = make_captured(5000)
    request(payment.id, 4000, "r:1")

    with pytest.raises(RefundTooLarge) as refused:
        request(payment.id, 1001, "r:2")

    assert refused.value.left == usd(1000)
    assert refunded(payment.id) == 4000


@pytest.mark.django_db
def test_the_database_refuses_it_too() -> None:
    payment = make_captured(5000)

    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.filter(pk=payment.id).update(refunded_minor=5001)


@pytest.mark.django_db(transaction=True)
def test_what_is_said_to_be_refunded_has_its_refunds() -> None:
    payment = make_captured(5000)

    with pytest.raises(DatabaseError, match="its refunds are"), transaction.atomic():
        Refund.objects.create(
            payment_id=payment.id, business_key="r:1", amount_minor=10, reason="shortcut"
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"state": "requested"},
        {"state": "pending"},
        {"business_key": "r:2"},
        {"amount_minor": 999},
        {"provider_refund": "re_2"},
        {"provider_refund": None},
    ],
)
def test_the_database_keeps_a_refund_that_was_sent(change: dict[str, Any]) -> None:
    refund = Refund.objects.filter(pk=request(make_captured(5000).id, 1000, "r:1"))
    refund.update(state="succeeded", provider_refund="re_1")

    with pytest.raises(DatabaseError), transaction.atomic():
        refund.update(**change)


@pytest.mark.django_db
def test_the_database_lets_no_refund_begin_sent() -> None:
    payment = make_captured(5000)

    with pytest.raises(DatabaseError, match="begins unsent"), transaction.atomic():
        Refund.objects.create(
            payment_id=payment.id, business_key="r:1", amount_minor=10, state="succeeded"
        )


@pytest.mark.django_db(transaction=True)
def test_control_reading_before_writing_refunds_too_much() -> None:
    """What a refund would be without the guarded update; the table's check is asleep here."""
    payment = make_captured(1000)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE payments_payment DROP CONSTRAINT never_refund_more_than_captured"
        )

    all_have_read = meeting(4)

    def carelessly() -> None:
        row = Payment.objects.get(pk=payment.id)
        if row.captured_minor - row.refunded_minor >= 600:
            all_have_read()
            Payment.objects.filter(pk=payment.id).update(refunded_minor=F("refunded_minor") + 600)

    try:
        race_all([carelessly] * 4)
        assert refunded(payment.id) > 1000
    finally:
        Payment.objects.update(refunded_minor=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE payments_payment ADD CONSTRAINT never_refund_more_than_captured"
                " CHECK (refunded_minor <= captured_minor)"
            )


@pytest.mark.django_db(transaction=True)
def test_of_many_refunds_at_once_only_those_that_fit_are_made(double: StripeDouble) -> None:
    payment = make_captured(1000)

    results = race_all([lambda n=n: request(payment.id, 300, f"r:{n}") for n in range(12)])

    assert sum(isinstance(result, int) for result in results) == 3
    assert sum(isinstance(result, RefundTooLarge) for result in results) == 9
    assert refunded(payment.id) == 900


def test_a_refund_is_sent_and_booked_once(double: StripeDouble, paid: Payment) -> None:
    request(paid.pk, 500, "r:1")

    assert operations.send_refunds() == 1
    assert operations.send_refunds() == 0

    [charge] = charges(double)
    assert charge["amount_refunded"] == 500
    assert books.balance(code="refunds:owed", currency="USD") == 0
    assert Refund.objects.get().state == "succeeded"
    assert Event.objects.filter(name="payments.refund-succeeded.v1").count() == 1


def test_an_outage_postpones_it(double: StripeDouble, paid: Payment) -> None:
    request(paid.pk, 500, "r:1")
    double.outage("refuse")

    assert operations.send_refunds() == 0
    refund = Refund.objects.get()
    assert (refund.state, refund.attempts) == ("requested", 1)

    double.outage(None)
    stripe_calls.breaker.succeeded()
    Refund.objects.update(due_at="2026-01-01T00:00Z")
    assert operations.send_refunds() == 1


def try_again() -> int:
    Refund.objects.update(due_at="2026-01-01T00:00Z")
    return operations.send_refunds()


def test_a_lost_answer_does_not_send_it_twice(double: StripeDouble, paid: Payment) -> None:
    request(paid.pk, 500, "r:1")
    double.fault("500_after", path="/v1/refunds", times=1)
    operations.send_refunds()

    assert try_again() == 1

    [charge] = charges(double)
    assert charge["amount_refunded"] == 500
    assert Refund.objects.get().state == "succeeded"


def test_a_key_that_was_forgotten_does_not_send_it_twice(
    double: StripeDouble, paid: Payment
) -> None:
    request(paid.pk, 500, "r:1")
    double.fault("500_after", path="/v1/refunds", times=1)
    operations.send_refunds()
    double.advance(25 * 3600)

    assert try_again() == 1

    [charge] = charges(double)
    assert charge["amount_refunded"] == 500


def test_a_failure_stored_under_the_key_does_not_keep_the_money(
    double: StripeDouble, paid: Payment
) -> None:
    request(paid.pk, 500, "r:1")
    double.fault("500_stored", path="/v1/refunds", times=1)
    operations.send_refunds()

    assert [try_again() for _ in range(3)] == [0, 0, 1]

    [charge] = charges(double)
    assert charge["amount_refunded"] == 500


def test_two_senders_do_not_ask_at_once(double: StripeDouble, paid: Payment) -> None:
    refund_id = request(paid.pk, 500, "r:1")
    double.fault("500_before", path="/v1/refunds", times=None)

    assert operations.send_refunds() == 0
    double.clear_faults()
    assert operations.look_at_refunds(reference=str(paid.provider_charge)) == 0

    assert Refund.objects.get(pk=refund_id).attempts == 1


def test_not_being_told_of_a_refund_does_not_bring_it_back(
    double: StripeDouble, paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    request(paid.pk, 500, "r:1")
    operations.send_refunds()

    def refuse(*_: object, **__: object) -> None:
        raise GatewayRefused("more_permissions_required", "This key may not read refunds.")

    monkeypatch.setattr("commerce.gateways.stripe.StripeGateway.retrieve_refund", refuse)
    operations.look_at_refunds(reference=str(Refund.objects.get().provider_refund))

    assert Refund.objects.get().state == "succeeded"
    assert books.balance(code="refunds:owed", currency="USD") == 0


def test_what_the_provider_refuses_waits_for_a_person(double: StripeDouble, paid: Payment) -> None:
    request(paid.pk, 500, "r:1")
    double.change_object(str(paid.provider_charge), amount_refunded=paid.amount_minor)

    operations.send_refunds()

    refund = Refund.objects.get()
    assert refund.state == "failed"
    assert refund.last_error != ""
    assert books.balance(code="refunds:owed", currency="USD") == -500
    assert Event.objects.filter(name="payments.refund-failed.v1").exists()


@pytest.mark.django_db
def test_a_pending_refund_is_booked_when_the_bank_has_decided(double: StripeDouble) -> None:
    double.settings(refunds_when_short="pending", funds_delay=10_000)
    paid = pay(double)
    request(paid.pk, 500, "r:1")
    operations.send_refunds()
    refund = Refund.objects.get()
    assert refund.state == "pending"
    assert books.balance(code="refunds:owed", currency="USD") == -500

    double.resolve_refund(str(refund.provider_refund))
    settled = operations.look_at_refunds(reference=str(refund.provider_refund))

    assert settled == 1
    assert Refund.objects.get().state == "succeeded"
    assert books.balance(code="refunds:owed", currency="USD") == 0
    double.settings(refunds_when_short="negative", funds_delay=0)


def test_a_refund_that_comes_back_is_owed_again(double: StripeDouble, paid: Payment) -> None:
    request(paid.pk, 500, "r:1")
    operations.send_refunds()
    reference = str(Refund.objects.get().provider_refund)
    before: Any = books.balance(code="stripe", currency="USD")
    double.resolve_refund(reference, failure="lost_or_stolen_card")

    for _ in range(2):
        operations.look_at_refunds(reference=reference)

    assert Refund.objects.get().state == "failed"
    assert books.balance(code="refunds:owed", currency="USD") == -500
    assert books.balance(code="stripe", currency="USD") == before + 500
