"""Attempts: whatever is reported in whatever order, no money is counted twice or lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.kernel.money import Money
from commerce.payments import operations, queries
from commerce.payments.models import Payment
from commerce.payments.operations import AlreadyOpen, RefundTooLarge
from tests.factories.payments import make_attempt, paid

pytestmark = pytest.mark.django_db

MOVES: dict[str, set[str]] = {
    "created": {"processing", "captured", "failed", "canceled", "orphan", "review"},
    "processing": {"captured", "failed", "canceled", "orphan", "review"},
    "failed": {"captured", "orphan", "review"},
    "canceled": {"captured", "orphan", "review"},
    "review": {"captured", "orphan"},
    "captured": set(),
    "orphan": set(),
}


class Attempt(RuleBasedStateMachine):
    """One attempt; the model is its state and what was taken and given back."""

    def __init__(self) -> None:
        super().__init__()
        self.attempt = make_attempt(1000)
        self.state = "created"
        self.page = False
        self.refunded = 0

    @property
    def row(self) -> Payment:
        return Payment.objects.get(pk=self.attempt.id)

    @property
    def is_open(self) -> bool:
        return self.state in ("created", "processing")

    @rule()
    def a_page_is_recorded(self) -> None:
        done = operations.record_session(
            payment_id=self.attempt.id, session_id=f"cs_{self.attempt.id}", url="https://p.example"
        )
        assert done == (self.state == "created" and not self.page)
        self.page = self.page or done

    @rule()
    def a_card_is_declined(self) -> None:
        operations.note_decline(payment_id=self.attempt.id, code="generic_decline")

    @rule()
    def the_bank_takes_its_time(self) -> None:
        operations.mark_processing(payment_id=self.attempt.id)
        if self.state == "created":
            self.state = "processing"

    @rule(canceled=st.booleans())
    def the_provider_says_it_is_over(self, canceled: bool) -> None:
        done = operations.close(payment_id=self.attempt.id, canceled=canceled)
        assert done == self.is_open
        if done:
            self.state = "canceled" if canceled else "failed"

    @rule()
    def it_is_given_up_before_a_page_is_open(self) -> None:
        done = operations.close_unopened(payment_id=self.attempt.id)
        assert done == (self.state == "created" and not self.page)
        if done:
            self.state = "canceled"

    @rule(orphan=st.booleans())
    def money_comes_in(self, orphan: bool) -> None:
        if not orphan and self.state in ("failed", "canceled"):
            return  # checkout only ever calls it an orphan then
        done = operations.capture(
            payment_id=self.attempt.id, provider=paid(self.attempt), orphan=orphan
        )
        assert done == (self.state not in ("captured", "orphan"))
        if done:
            self.state = "orphan" if orphan else "captured"

    @rule()
    def something_is_wrong_with_it(self) -> None:
        done = operations.hold_for_review(payment_id=self.attempt.id, reason="test")
        assert done == (self.state not in ("captured", "orphan", "review"))
        if done:
            self.state = "review"

    @rule(minor=st.integers(1, 700))
    def some_of_it_goes_back(self, minor: int) -> None:
        taken = 1000 if self.state in ("captured", "orphan") else 0
        key = f"r:{self.attempt.id}:{self.refunded}:{minor}"
        try:
            operations.request_refund(
                payment_id=self.attempt.id,
                amount=Money(minor, "USD"),
                business_key=key,
                reason="test",
            )
        except RefundTooLarge:
            assert self.refunded + minor > taken
        else:
            self.refunded += minor
            assert self.refunded <= taken

    @invariant()
    def the_row_is_what_the_model_says(self) -> None:
        row = self.row
        assert row.state == self.state
        assert row.refunded_minor == self.refunded
        assert row.captured_minor == (1000 if self.state in ("captured", "orphan") else 0)
        assert (row.check_at is not None) == self.is_open


def test_attempts_follow_their_model() -> None:
    run_state_machine_as_test(
        Attempt,
        settings=settings(
            max_examples=40,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("before", sorted(MOVES))
@pytest.mark.parametrize("after", sorted({"created", *MOVES["created"], "authorized"}))
def test_the_database_knows_the_same_moves(before: str, after: str) -> None:
    attempt = make_attempt()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_payment SET state = %s", [before])
        cursor.execute("SET LOCAL session_replication_role = origin")
    allowed = MOVES[before] | {before}
    if before in ("failed", "canceled"):
        allowed -= {"captured"}
    if before in ("created", "processing"):
        allowed |= {"authorized"}
    if before == "review":
        allowed |= {"failed", "canceled"}

    try:
        with transaction.atomic():
            Payment.objects.filter(pk=attempt.id).update(state=after)
        passed = True
    except DatabaseError:
        passed = False

    assert passed == (after in allowed)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 1},
        {"currency": "EUR"},
        {"idempotency_key": "other"},
        {"order_token": "other"},
        {"attempt": 2},
        {"expires_at": "2026-01-01T00:00Z"},
    ],
)
def test_what_an_attempt_asks_for_never_changes(change: dict[str, Any]) -> None:
    attempt = make_attempt()

    with pytest.raises(DatabaseError, match="is fixed"), transaction.atomic():
        Payment.objects.filter(pk=attempt.id).update(**change)


def test_an_attempt_is_never_deleted() -> None:
    attempt = make_attempt()

    with pytest.raises(DatabaseError, match="kept for ever"), transaction.atomic():
        Payment.objects.filter(pk=attempt.id).delete()


def test_a_second_attempt_waits_until_the_first_is_dead() -> None:
    first = make_attempt()

    def again() -> object:
        return operations.start(
            order_token=first.order_token,
            amount=first.amount,
            expires_at=first.expires_at,
            success_url=first.success_url,
            cancel_url=first.cancel_url,
            previous=first.attempt,
        )

    with pytest.raises(AlreadyOpen), transaction.atomic():
        again()
    operations.close(payment_id=first.id, canceled=False)
    again()

    found = queries.of_order(order_tokens=[first.order_token])[first.order_token]
    assert [(one.attempt, one.state) for one in found] == [(1, "failed"), (2, "created")]
    assert len({one.idempotency_key for one in found}) == 2


def test_an_order_has_one_open_attempt_and_one_live_payment() -> None:
    first = make_attempt()
    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.create(
            order_token=first.order_token,
            attempt=2,
            idempotency_key="k2",
            amount_minor=1,
            currency="USD",
        )
    operations.capture(payment_id=first.id, provider=paid(first))
    second = Payment.objects.create(
        order_token=first.order_token,
        attempt=2,
        idempotency_key="k2",
        amount_minor=1,
        currency="USD",
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Payment.objects.filter(pk=second.pk).update(state="captured")


def test_the_database_lets_no_attempt_begin_paid() -> None:
    with pytest.raises(DatabaseError, match="begins without money"), transaction.atomic():
        Payment.objects.create(
            order_token="order", idempotency_key="k", currency="USD", amount_minor=5,
            captured_minor=5, state="captured",
        )  # fmt: skip


def test_a_due_check_is_given_to_one_sweeper() -> None:
    attempt = make_attempt()
    Payment.objects.filter(pk=attempt.id).update(check_at="2026-01-01T00:00Z")

    pause = timedelta(seconds=90)
    assert [one.id for one in operations.take_due_checks(pause=pause, limit=9)] == [attempt.id]
    assert operations.take_due_checks(pause=pause, limit=9) == []
