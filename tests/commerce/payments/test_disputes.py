"""Disputes: booked by what moved, told once, whatever order the notices come in."""

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commerce.invariants import queries as invariants
from commerce.ledger import queries as books
from commerce.outbox.models import Event
from commerce.payments import operations, queries
from commerce.payments.models import Dispute, Payment
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.store import PLATFORM
from tests.commerce.payments.test_refunds import pay
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db
FEE = 1500


@pytest.fixture
def paid(double: StripeDouble, db: None) -> Payment:
    return pay(double)


def opened(double: StripeDouble, paid: Payment, **values: Any) -> str:
    return str(double.open_dispute(str(paid.provider_charge), **values)["id"])


def look(dispute: str) -> str:
    return operations.look_at_dispute(provider_dispute=dispute)


def told() -> list[str]:
    facts = Event.objects.filter(name__startswith="payments.dispute")
    return sorted(facts.values_list("name", flat=True), reverse=True)


def at_provider(double: StripeDouble) -> int:
    return int(
        sum(
            each["amount"] - each["fee"]
            for each in double.world.store.all("balance_transaction")
            if each["_account"] == PLATFORM
        )
    )


def test_what_the_bank_takes_is_booked_with_its_fee(double: StripeDouble, paid: Payment) -> None:
    assert look(opened(double, paid)) == "open"

    dispute = Dispute.objects.get()
    assert (dispute.amount_minor, dispute.fee_minor) == (paid.amount_minor, FEE)
    assert books.balance(code="disputes", currency="USD") == paid.amount_minor
    assert books.balance(code="stripe", currency="USD") == at_provider(double)
    assert queries.open_disputes(order_tokens=[paid.order_token])[paid.order_token][0].amount == (
        queries.disputes(dispute_ids=[dispute.pk])[dispute.pk].amount
    )
    assert told() == ["payments.dispute-opened.v1"]
    check_deferred_constraints()
    assert invariants.broken() == []


@pytest.mark.parametrize("return_fee", [True, False])
def test_what_is_won_comes_back(double: StripeDouble, paid: Payment, return_fee: bool) -> None:
    dispute = opened(double, paid)
    look(dispute)
    double.close_dispute(dispute, "won", return_fee=return_fee)

    assert look(dispute) == "won"

    assert books.balance(code="disputes", currency="USD") == 0
    assert books.balance(code="stripe", currency="USD") == at_provider(double)
    assert Dispute.objects.get().fee_minor == (0 if return_fee else FEE)
    assert queries.open_disputes(order_tokens=[paid.order_token]) == {}
    assert told() == ["payments.dispute-opened.v1", "payments.dispute-closed.v1"]


def test_what_is_lost_stays_away(double: StripeDouble, paid: Payment) -> None:
    dispute = opened(double, paid, amount=500)
    look(dispute)
    double.close_dispute(dispute, "lost")

    assert look(dispute) == "lost"

    assert books.balance(code="disputes", currency="USD") == 500
    assert queries.disputes(dispute_ids=[Dispute.objects.get().pk])[
        Dispute.objects.get().pk
    ].state == ("lost")


def test_a_dispute_of_which_we_hear_when_it_is_over_is_told_and_booked_whole(
    double: StripeDouble, paid: Payment
) -> None:
    dispute = opened(double, paid)
    double.close_dispute(dispute, "won")

    for _ in range(3):
        look(dispute)

    assert told() == ["payments.dispute-opened.v1", "payments.dispute-closed.v1"]
    assert books.balance(code="disputes", currency="USD") == 0


def test_every_order_of_the_notices_ends_the_same(double: StripeDouble, paid: Payment) -> None:
    dispute = opened(double, paid)
    look(dispute)
    double.close_dispute(dispute, "lost")
    ends = set()
    for _ in itertools.permutations(range(3)):
        look(dispute)
        ends.add((Dispute.objects.get().state, books.balance(code="disputes", currency="USD")))

    assert ends == {("lost", paid.amount_minor)}
    assert len(told()) == 2


def test_a_charge_of_others_is_not_ours(double: StripeDouble, paid: Payment) -> None:
    dispute = opened(double, paid)
    double.change_object(dispute, charge="ch_of_another_shop")

    assert look(dispute) == "ignored: not ours"
    assert look("du_unknown").startswith("ignored")
    assert look("") == "ignored: names no dispute"
    assert not Dispute.objects.exists()


def test_an_answer_is_sent_and_kept(double: StripeDouble, paid: Payment) -> None:
    name = opened(double, paid)
    look(name)
    dispute = Dispute.objects.get()

    operations.answer_dispute(dispute_id=dispute.pk, evidence="Parcel 17 arrived on Monday.")

    dispute.refresh_from_db()
    assert (dispute.status, dispute.evidence) == ("under_review", "Parcel 17 arrived on Monday.")
    sent = double.world.store.by_id[name]["evidence"]
    assert sent["uncategorized_text"] == "Parcel 17 arrived on Monday."


def test_a_dispute_can_be_given_up_once(double: StripeDouble, paid: Payment) -> None:
    look(opened(double, paid))
    dispute = Dispute.objects.get()

    operations.accept_dispute(dispute_id=dispute.pk, reason="The parcel was lost.")

    assert Dispute.objects.get().state == "lost"
    with pytest.raises(operations.DisputeDecided):
        operations.accept_dispute(dispute_id=dispute.pk, reason="again")
    with pytest.raises(operations.DisputeDecided):
        operations.answer_dispute(dispute_id=dispute.pk, evidence="too late")


@pytest.mark.parametrize("change", [{"state": "open", "closed_at": None}, {"payment_id": 0}])
def test_the_database_keeps_what_was_decided(
    double: StripeDouble, paid: Payment, change: dict[str, Any]
) -> None:
    dispute = opened(double, paid)
    double.close_dispute(dispute, "lost")
    look(dispute)

    with pytest.raises(DatabaseError), transaction.atomic():
        Dispute.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Dispute.objects.all()._raw_delete("default")
