"""Each rule about payouts counts nothing after honest work, and sees what slipped past a guard."""

import pytest
from django.db import connection, transaction

from commerce.invariants.payout_rules import PAYOUT_RULES
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
    operations.credit_order(order_id=sell(Sold(seller=seller)).id)


def test_honest_work_breaks_no_rule(paid):
    assert broken() == []


BREAKS = [
    (
        "UPDATE payouts_earning SET provider_transfer = 'tr_x', payout_id = 1,"
        " available_at = now() WHERE payout_id IS NULL",
        ["INV14"],
    ),
    ("DELETE FROM payouts_earning WHERE provider_transfer IS NOT NULL", ["INV14"]),
    (
        "UPDATE payouts_earning SET amount_minor = amount_minor + 1"
        " WHERE provider_transfer IS NULL AND payout_id IS NULL",
        ["INV15"],
    ),
    (
        "UPDATE orders_sellerorder SET confirmed_at = now() - interval '2 hours';"
        "DELETE FROM payouts_earning WHERE payout_id IS NULL",
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
