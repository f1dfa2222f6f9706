"""What staff decide about refunds that failed, and what was refunded behind our back."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import DatabaseError, connection, transaction

from cms.backoffice import alarms
from commerce.invariants import queries as invariants
from commerce.kernel.actor import acting_as
from commerce.ledger import queries as books
from commerce.payments import operations
from commerce.payments.models import Decision, ExcessRefund, Payment, ProviderEvent, Refund
from commerce.reconciling import operations as reconciling
from commerce.reconciling.models import Break
from devtools.stripe_double import StripeDouble
from tests.commerce.payments.test_refunds import pay, request
from tests.factories.accounts import make_user
from tests.factories.giftcards import tell
from tests.factories.payments import make_captured
from tests.support.provider import deliver, notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(double: StripeDouble) -> Refund:
    """A refund that the bank sent back."""
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    operations.send_refunds()
    sent = Refund.objects.get()
    double.resolve_refund(str(sent.provider_refund), failure="lost_or_stolen_card")
    operations.look_at_refunds(reference=str(sent.provider_refund))
    return Refund.objects.get(state="failed")


def refund_in_the_dashboard(double: StripeDouble, payment: Payment, minor: int) -> None:
    """Staff refund without our knowing; the notice comes."""
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": double.url})
    client.v1.refunds.create({"charge": str(payment.provider_charge), "amount": minor})


def hear(double: StripeDouble, kind: str) -> None:
    for text in notices(double, kind):
        deliver(text)
    for event in ProviderEvent.objects.filter(handled_at=None):
        operations.handle_event(event_id=event.event_id)


def owed() -> int:
    return -books.balance(code="refunds:owed", currency="USD")


def broken() -> list[str]:
    return [
        result.rule
        for result in invariants.broken()
        # The money of these tests is owed by a seller who has sold nothing.
        if not result.rule.startswith(("A seller is owed", "Nobody is paid more"))
    ]


def test_a_failed_refund_is_sent_anew_under_another_key(
    failed: Refund, double: StripeDouble
) -> None:
    with acting_as("user:7"):
        operations.retry_refund(refund_id=failed.pk, reason="the card works again")
    operations.send_refunds()

    again = Refund.objects.get()
    assert again.state == "succeeded"
    assert again.provider_refund != failed.provider_refund
    assert owed() == 0
    assert [(d.decision, d.reason, d.actor) for d in Decision.objects.all()] == [
        ("refund retried", "the card works again", "user:7")
    ]
    assert broken() == []


def test_a_failed_refund_can_be_paid_another_way(failed: Refund) -> None:
    operations.settle_otherwise(refund_id=failed.pk, reason="bank transfer 4711")

    assert Refund.objects.get().state == "settled"
    assert owed() == 0
    assert books.balance(code="bank", currency="USD") == -500
    assert broken() == []


def test_old_news_of_what_was_paid_another_way_changes_nothing(failed: Refund) -> None:
    operations.settle_otherwise(refund_id=failed.pk, reason="bank transfer 4711")

    operations.look_at_refunds(reference=str(failed.provider_refund))
    operations.look_at_refunds(reference=str(failed.payment.provider_charge))

    assert Refund.objects.get().state == "settled"
    assert broken() == []


@pytest.mark.parametrize("decide", [operations.retry_refund, operations.settle_otherwise])
def test_only_a_failed_refund_is_decided_about(decide: Any) -> None:
    refund_id = request(make_captured(5000).id, 500, "r:1")

    with pytest.raises(operations.RefundNotFailed):
        decide(refund_id=refund_id, reason="impatient")

    assert not Decision.objects.exists()


def test_it_is_decided_about_once(failed: Refund) -> None:
    operations.settle_otherwise(refund_id=failed.pk, reason="bank transfer")

    with pytest.raises(operations.RefundNotFailed):
        operations.retry_refund(refund_id=failed.pk, reason="again")


@pytest.mark.parametrize(
    "change",
    [{"state": "requested", "provider_refund": None}, {"round": 1}, {"state": "pending"}],
)
def test_the_database_sends_a_failed_refund_anew_only_in_a_new_round(
    failed: Refund, change: dict[str, Any]
) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.filter(pk=failed.pk).update(**change)


def test_a_decision_is_never_rewritten(failed: Refund) -> None:
    operations.settle_otherwise(refund_id=failed.pk, reason="bank transfer")

    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.update(reason="something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.all()._raw_delete("default")


def test_a_refund_made_in_the_dashboard_is_written_down_and_booked(double: StripeDouble) -> None:
    payment = pay(double)
    refund_in_the_dashboard(double, payment, 300)

    hear(double, "charge.refunded")
    hear(double, "refund.created")

    found = Refund.objects.get()
    assert (found.amount_minor, found.state) == (300, "succeeded")
    assert Payment.objects.get().refunded_minor == 300
    assert books.balance(code="losses", currency="USD") == 300
    assert owed() == 0
    assert broken() == []


def test_a_refund_of_ours_is_not_found_again(double: StripeDouble) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    operations.send_refunds()

    hear(double, "charge.refunded")

    assert Refund.objects.count() == 1
    assert books.balance(code="losses", currency="USD") == 0


def test_a_refund_in_the_dashboard_makes_a_failed_one_good(
    failed: Refund, double: StripeDouble
) -> None:
    refund_in_the_dashboard(double, failed.payment, 500)

    hear(double, "charge.refunded")

    assert Refund.objects.get().state == "succeeded"
    assert owed() == 0
    assert books.balance(code="losses", currency="USD") == 0
    assert broken() == []


def test_a_refund_in_the_dashboard_beyond_what_is_left_is_somebodys_to_explain(
    double: StripeDouble,
) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")  # and before it is sent, somebody refunds all of it
    refund_in_the_dashboard(double, payment, payment.captured_minor)

    hear(double, "charge.refunded")
    hear(double, "refund.created")
    tell()

    excess = ExcessRefund.objects.get()
    assert excess.amount_minor - excess.left_minor == 500
    assert owed() == 0  # ours failed, and was given with it
    assert books.balance(code="losses", currency="USD") == payment.captured_minor - 500
    found = Break.objects.get()
    assert (found.kind, found.reference) == ("refund", excess.provider_refund)
    assert found.amount_minor == -payment.captured_minor
    bell = next(bell for bell in alarms.BELLS if bell.kind == "difference")
    assert alarms.tell(bell, bell.found())
    assert broken() == []

    reconciling.reconcile(grace=timedelta(0))
    assert Break.objects.filter(resolved_at=None).get() == found  # and no second one
    reconciling.explain(break_id=found.pk, note="a mistake", user_id=make_user().pk)
    reconciling.reconcile(grace=timedelta(0))
    assert not Break.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reconciling_break",
        "DELETE FROM ledger_entry WHERE amount_minor > 0",
    ],
)
def test_a_refund_beyond_what_is_left_that_is_not_explained_or_booked_is_counted(
    double: StripeDouble, statement: str
) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    refund_in_the_dashboard(double, payment, payment.captured_minor)
    hear(double, "charge.refunded")
    tell()
    promise = "A refund beyond what was left"
    assert not [rule for rule in broken() if rule.startswith(promise)]

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # with the guards asleep
        cursor.execute("UPDATE payments_excessrefund SET found_at = found_at - interval '2 hours'")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")

    assert [rule for rule in broken() if rule.startswith(promise)]


@pytest.mark.parametrize("part", [500, None])
def test_a_refund_that_fails_because_of_one_beyond_what_was_left_is_settled_with_it(
    double: StripeDouble, part: int | None
) -> None:
    payment = pay(double)
    ours = part or payment.captured_minor
    request(payment.pk, ours, "r:1")  # and before it is sent, somebody refunds all of it
    refund_in_the_dashboard(double, payment, payment.captured_minor)
    hear(double, "charge.refunded")
    operations.send_refunds()
    hear(double, "refund.created")
    operations.record_found_refunds(charge_id=str(payment.provider_charge))

    refund = Refund.objects.get()
    assert (refund.state, refund.covered_minor) == ("settled", ours)
    assert Decision.objects.get().decision == "given elsewhere"
    assert owed() == 0
    assert books.balance(code="losses", currency="USD") == payment.captured_minor - ours
    assert broken() == []


def test_a_refund_that_failed_before_one_beyond_what_was_left_is_settled_with_it(
    failed: Refund, double: StripeDouble
) -> None:
    payment = failed.payment
    refund_in_the_dashboard(double, payment, payment.captured_minor)
    hear(double, "charge.refunded")

    assert Refund.objects.get().state == "settled"
    assert owed() == 0
    assert books.balance(code="losses", currency="USD") == payment.captured_minor - 500
    assert broken() == []


def test_no_statement_sends_what_a_refund_beyond_what_was_left_has_taken(
    double: StripeDouble,
) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    refund_in_the_dashboard(double, payment, payment.captured_minor - 100)
    hear(double, "charge.refunded")
    operations.send_refunds()
    refund = Refund.objects.get()
    assert refund.state == "failed"

    with pytest.raises(operations.ChargedBack):
        operations.retry_refund(refund_id=refund.pk, reason="impatient")
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.update(state="requested")

    operations.settle_otherwise(refund_id=refund.pk, reason="bank transfer 4711")
    assert (owed(), -books.balance(code="bank", currency="USD")) == (0, 100)
    assert broken() == []


def test_what_was_found_beyond_what_is_left_stays_as_it_was(double: StripeDouble) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    refund_in_the_dashboard(double, payment, payment.captured_minor)
    hear(double, "charge.refunded")
    with pytest.raises(DatabaseError), transaction.atomic():
        ExcessRefund.objects.update(amount_minor=10_000_000)


def test_a_refund_of_an_unknown_charge_is_not_ours(double: StripeDouble) -> None:
    assert operations.record_found_refunds(charge_id="ch_of_another_shop") == 0
