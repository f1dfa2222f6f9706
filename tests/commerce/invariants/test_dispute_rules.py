"""The rules of disputes see what they are there for."""

import pytest
from django.db import connection

from commerce.outbox.models import Delivery
from commerce.payments import operations as payments
from tests.commerce.payouts.conftest import provider
from tests.commerce.payouts.test_disputed_refunds import Case, broken, case, hear, partly_lost

__all__ = ["case", "provider"]
pytestmark = pytest.mark.django_db


def rules() -> set[str]:
    return {each.rule for each in broken()}


def around_the_guards(*statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_paying_what_the_bank_gave_already_is_noticed(case: Case) -> None:
    failed = partly_lost(case, 2000)
    payments.settle_otherwise(refund_id=failed.pk, reason="transfer 4711")
    assert rules() == set()
    around_the_guards(
        "UPDATE payments_refund SET covered_minor = 0",
        "UPDATE payments_dispute SET closed_at = closed_at - interval '2 hours'",
    )
    assert rules() == {"Nobody is given what a lost dispute gave them already."}


def test_a_refund_that_stays_owed_after_the_bank_gave_it_is_noticed(case: Case) -> None:
    case.open()
    case.refund(1)
    case.decide("lost")
    hear()
    around_the_guards(
        "UPDATE payments_refund SET state = 'failed', covered_minor = 0",
        "UPDATE payments_dispute SET closed_at = closed_at - interval '2 hours'",
    )
    assert "A failed refund that a lost dispute gave is settled within the hour." in rules()


def test_holding_what_was_refunded_is_noticed(case: Case) -> None:
    case.open()
    hear()
    case.refund(1)
    Delivery.objects.filter(subscriber__contains="deduct_what_went_back").delete()
    around_the_guards("UPDATE orders_adjustment SET at = at - interval '2 hours'")
    assert "Refunds and disputes together cost a seller no more than the part earned." in rules()
