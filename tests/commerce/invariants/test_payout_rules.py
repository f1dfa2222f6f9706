"""Each rule about payouts counts nothing after honest work, and sees what slipped past a guard."""

import pytest
from django.db import connection, transaction

from commerce.invariants.payout_rules import PAYOUT_RULES
from commerce.orders import operations as orders
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payouts import operations
from devtools.stripe_double import StripeDouble
from tests.factories.payouts import Provider, earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def count(rule):
    with connection.cursor() as cursor:
        cursor.execute(rule.violations)
        return cursor.fetchone()[0]


def broken():
    return [rule.code for rule in PAYOUT_RULES if count(rule)]


def behind_the_guards(statement):
    """Do what triggers and foreign keys would refuse."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def paid(double: StripeDouble) -> None:
    """One seller paid out completely, another with a payout under way, and a parcel not sent."""
    provider = Provider(double)
    seller, other = make_seller(), make_seller()
    provider.connect(seller)
    provider.connect(other)
    earned(seller, other, provider=provider)
    (first,) = operations.run_now(seller_ids=[seller.pk])
    assert operations.send(payout_id=first) == "sent"
    operations.run_now(seller_ids=[other.pk])
    _keep_back_and_deduct(other)
    operations.credit_order(order_id=sell(Sold(seller=seller)).id)


def _keep_back_and_deduct(seller):
    """A share of one sale in reserve, and units of another that were canceled."""
    operations.agree_terms(
        seller_id=seller.pk, schedule="daily", minimum_minor=0, hold_days=0, reserve_bps=1000,
        reserve_days=30,
    )  # fmt: skip
    earned(seller)
    operations.run_now(seller_ids=[seller.pk])
    (part,) = sell(Sold(seller=seller)).seller_orders
    operations.credit_order(order_id=part.order_id)
    with transaction.atomic():
        orders.cancel_units(
            seller_order_id=part.id,
            units={part.lines[0].id: 1},
            terms=orders.Terms(kind="canceled", business_key=f"cancel:{part.id}"),
        )
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)


def test_honest_work_breaks_no_rule(paid):
    assert broken() == []


BREAKS = [
    (
        "UPDATE payouts_earning SET provider_transfer = 'tr_' || id, payout_id = 1,"
        " available_at = now() WHERE payout_id IS NULL",
        ["INV14"],
    ),
    ("DELETE FROM payouts_earning WHERE provider_transfer IS NOT NULL", ["INV14"]),
    (
        "UPDATE payouts_earning SET amount_minor = amount_minor + 1"
        " WHERE kind = 'sale' AND payout_id IS NULL AND deducted_minor = 0",
        ["INV15"],
    ),
    (
        "UPDATE orders_sellerorder SET confirmed_at = now() - interval '2 hours';"
        "DELETE FROM payouts_earning WHERE kind = 'sale' AND payout_id IS NULL",
        ["INV15"],
    ),
    (
        "UPDATE payouts_earning SET provider_transfer = NULL WHERE provider_transfer IS NOT NULL",
        ["INV14", "INV16"],
    ),
    (
        "INSERT INTO payouts_payoutmove (payout_id, from_state, to_state, actor)"
        " SELECT id, 'sent', 'created', 'system' FROM payouts_payout WHERE state = 'sent'",
        ["INV18", "INV19"],
    ),
    ("UPDATE payouts_payout SET state = 'failed' WHERE state = 'sent'", ["INV19"]),
    ("DELETE FROM payouts_payoutmove", ["INV19", "INV19"]),
    ("UPDATE payouts_absorption SET amount_minor = amount_minor + 1", ["INV15"]),
    (
        "UPDATE orders_adjustment SET at = now() - interval '2 hours';"
        "DELETE FROM payouts_absorption; DELETE FROM payouts_deduction;"
        "UPDATE payouts_earning SET deducted_minor = 0 WHERE deducted_minor > 0",
        ["INV15"],
    ),
    (
        "UPDATE payouts_earning SET amount_minor = amount_minor - 1 WHERE kind = 'reserve'",
        ["INV16"],
    ),
    ("UPDATE fulfillment_shipment SET seller_id = 0", ["INV24"]),
    ("UPDATE payouts_payout SET seller_id = 0 WHERE state = 'sent'", ["INV24"]),
]


@pytest.mark.parametrize(("statement", "codes"), BREAKS)
def test_what_slipped_past_a_guard_is_seen(paid, statement, codes):
    behind_the_guards(statement)
    found = broken()
    assert found
    assert set(found) == set(codes)


def test_no_rule_is_left_without_its_break(paid):
    seen = set()
    for statement, _ in BREAKS:
        point = transaction.savepoint()
        behind_the_guards(statement)
        seen |= {rule.promise for rule in PAYOUT_RULES if count(rule)}
        transaction.savepoint_rollback(point)
    assert seen == {rule.promise for rule in PAYOUT_RULES}
