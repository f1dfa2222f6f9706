"""Every rule is zero for a healthy shop, and counts when it is broken with the guards asleep."""

import re

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from commerce.checkout import operations as checkout
from commerce.invariants import queries, tasks
from commerce.invariants.access_rules import ACCESS_RULES
from commerce.invariants.audit_rules import AUDIT_RULES
from commerce.invariants.capture_rules import CAPTURE_RULES
from commerce.invariants.dispute_rules import DISPUTE_RULES
from commerce.invariants.document_rules import DOCUMENT_RULES
from commerce.invariants.giftcard_rules import GIFT_CARD_RULES
from commerce.invariants.goodwill_rules import GOODWILL_RULES
from commerce.invariants.payout_rules import PAYOUT_RULES
from commerce.invariants.promotion_rules import PROMOTION_RULES
from commerce.invariants.reconciling_rules import EXCESS_RULES
from commerce.invariants.rules import RULES
from commerce.invariants.shipping_rules import SHIPPING_RULES
from commerce.inventory import operations as stock
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.payments import operations as payments
from commerce.payouts import operations as payouts
from commerce.returns import operations as returns
from commerce.returns.types import Wish
from devtools.stripe_double import StripeDouble
from tests.factories.credits import make_gift_card
from tests.factories.fulfillment import delivered
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import Wanted, make_ready_cart
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(double: StripeDouble) -> None:
    """A delivered order, a partly canceled one, one that waits, one given up, one paid too late."""
    for arrive in (True, False):
        placed = make_ready_cart([Wanted(quantity=2)], [Wanted(), Wanted(minor=333)]).place()
        double.pay(str(placed.payment_url))
        checkout.finalise(order_token=placed.order_token)
        order = orders.order(token=placed.order_token)
        assert order is not None
        payouts.credit_order(order_id=order.id)
        if arrive:
            for part in order.seller_orders:
                delivered(part)
                payouts.release_earning(seller_order_id=part.id)
        else:
            cancel_some(order)
    make_ready_cart().place()
    checkout.abandon(order_token=make_ready_cart().place().order_token)
    pay_too_late(double)
    pay_by_card()
    check_deferred_constraints()


def cancel_some(order: OrderData) -> None:
    """One unit of two, and all of the other part."""
    first, second = order.seller_orders
    units = {first.lines[0].id: 1, **{line.id: line.quantity for line in second.lines}}
    returns.cancel(order_token=order.token, wish=Wish(units=units))
    payments.send_refunds()


def pay_by_card() -> None:
    """One order that a gift card paid, and one that waits while it holds of another."""
    for minor in (5000, 1000):
        ready = make_ready_cart()
        _, code = make_gift_card(minor)
        checkout.add_gift_card(cart_token=ready.token, code=code)
        ready.place()


def pay_too_late(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(on_hand=1)])
    placed = ready.place()
    double.pay(str(placed.payment_url))
    lapse(placed.order_token)
    stock.release_lapsed()
    stock_up(ready.variants[0], 0)
    checkout.finalise(order_token=placed.order_token)
    payments.send_refunds()


def counts() -> dict[str, int]:
    return {result.rule: result.violations for result in queries.check_all()}


def test_a_healthy_shop_has_no_violation(shop: None) -> None:
    assert queries.broken() == []


def test_an_empty_shop_has_none_either() -> None:
    assert queries.broken() == []


ROWS = {
    ":confirmed": "(SELECT id FROM orders_order WHERE state = 'confirmed' ORDER BY id LIMIT 1)",
    ":captured": "(SELECT id FROM payments_payment WHERE state = 'captured' ORDER BY id LIMIT 1)",
    ":orphan": "(SELECT id FROM payments_payment WHERE state = 'orphan')",
    ":line": "(SELECT id FROM orders_orderline ORDER BY id LIMIT 1)",
    ":part": "(SELECT id FROM orders_sellerorder ORDER BY id LIMIT 1)",
    ":journal": "(SELECT id FROM ledger_journal WHERE kind = 'capture' ORDER BY id LIMIT 1)",
    ":hold": "(SELECT id FROM inventory_reservation WHERE state = 'active' LIMIT 1)",
    ":payable": "(SELECT id FROM ledger_account WHERE code LIKE 'payable:%' ORDER BY id LIMIT 1)",
    ":stripe": "(SELECT id FROM ledger_account WHERE code = 'stripe')",
}
BREAKS: dict[str, list[str]] = {
    "Each move of a payment": [
        "UPDATE payments_paymentmove SET to_state = 'failed' WHERE payment_id = :captured"
    ],
    "Reserved money is taken": [
        # That somebody looked at it lately is no excuse.
        "UPDATE payments_payment SET state = 'authorized', created_at = now() - interval '2 hours',"
        " updated_at = now() WHERE id = :captured"
    ],
    "No difference between orders, ledger": [
        "INSERT INTO reconciling_break (kind, reference, amount_minor, currency, detail, found_at,"
        " seen_at, resolution, resolved_by) VALUES ('fee', 'x', 1, 'USD', '',"
        " now() - interval '25 hours', now(), '', '')"
    ],
    "What was issued as gift card": [
        "ALTER TABLE credits_credit DROP CONSTRAINT credit_issued_is_spent_left_or_expired",
        "UPDATE credits_credit SET balance_minor = balance_minor + 1",
    ],
    "What a gift card or credit says": [
        "UPDATE credits_credit SET spent_minor = spent_minor - 1,"
        " balance_minor = balance_minor + 1 WHERE spent_minor > 0"
    ],
    "The ledger owes on gift cards": ["UPDATE credits_spend SET state = 'held'"],
    "What an order says was paid by credit": ["UPDATE credits_spend SET state = 'released'"],
    "An order gives no more back": [
        "UPDATE credits_credit SET source = 'refund', order_token ="
        " (SELECT token FROM orders_order WHERE state = 'canceled' LIMIT 1)"
    ],
    "No more is promised than exists": [
        "ALTER TABLE inventory_stock DROP CONSTRAINT never_promise_more_than_exists",
        "UPDATE inventory_stock SET reserved = on_hand + 1",
    ],
    "Where units are rows": [
        "INSERT INTO inventory_unit (stock_id) SELECT min(id) FROM inventory_stock"
    ],
    "What is to leave from the shelves": [
        "UPDATE inventory_allocation SET quantity = quantity + 1"
    ],
    "No principal holds more of a SKU": [
        "INSERT INTO inventory_skupolicy (variant_id, kind, backorder_limit, cart_hold_minutes,"
        " shopper_cap, by_unit, low_at)"
        " SELECT DISTINCT variant_id, 'deny', 0, 0, 1, false, 5 FROM inventory_stock",
        "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"
        " expires_at, principal) SELECT s.id, 'greedy' || n, 1, 'active', false,"
        " now() + interval '5 minutes', 'user:1' FROM inventory_stock s, generate_series(1, 2) n",
    ],
    "What a count found": [
        "INSERT INTO inventory_countsheet (location_id, state, started_by, started_at, chosen)"
        " SELECT max(id), 'open', 'x', now(), '{}' FROM inventory_location",
        "INSERT INTO inventory_countline (sheet_id, stock_id, expected, counted, at)"
        " SELECT max(c.id), max(s.id), 1, 1, now() FROM inventory_countsheet c, inventory_stock s",
    ],
    "A count is told when": [
        "INSERT INTO inventory_countsheet (location_id, state, started_by, started_at)"
        " SELECT max(id), 'open', 'x', now() FROM inventory_location",
        "INSERT INTO inventory_countnotice (location_id, due_at, stage, at)"
        " SELECT max(id), now() - interval '6 days', 'overdue', now() FROM inventory_location",
    ],
    "What is reserved is the sum": ["UPDATE inventory_stock SET reserved = 0 WHERE reserved > 0"],
    "What is on hand is the sum": ["UPDATE inventory_stock SET on_hand = on_hand + 1"],
    "A hold ends as its order does": [
        "UPDATE inventory_reservation SET state = 'active' WHERE state = 'claimed'"
    ],
    "What an order took over was held": [
        "UPDATE inventory_reservation SET taken_from = 'checkout:0', taken_at = created_at"
        " WHERE id = :hold"
    ],
    "A cart is held once an hour": [
        "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"
        " created_at, expires_at) SELECT (SELECT min(id) FROM inventory_stock), 'checkout:1', 1,"
        " 'released', false, now() - make_interval(mins => n),"
        " now() + interval '10 minutes' - make_interval(mins => n) FROM generate_series(0, 1) n",
    ],
    "An order is held or sold as a whole": [
        "UPDATE inventory_reservation SET quantity = quantity + 1 WHERE id = :hold"
    ],
    "What is held or sold lies where": [
        "UPDATE orders_sellerorder SET shipping_method ="
        " shipping_method || '{\"location_id\": 0}'::jsonb"
    ],
    "No hold outlives its kind": [
        "UPDATE inventory_reservation SET expires_at = clock_timestamp() - interval '6 minutes',"
        " created_at = clock_timestamp() - interval '20 minutes' WHERE state = 'active'"
    ],
    "A cart becomes at most one living order": [
        "DROP INDEX one_order_per_cart",
        "UPDATE orders_order SET cart_id = (SELECT min(cart_id) FROM orders_order)",
    ],
    "An order has at most one live payment": [
        "UPDATE payments_payment SET order_token ="
        " (SELECT order_token FROM payments_payment WHERE id = :captured), attempt = 2,"
        " refunded_minor = 0 WHERE id = :orphan"
    ],
    "No more is refunded than captured": [
        "UPDATE payments_payment SET refunded_minor = 1 WHERE id = :captured"
    ],
    "Captured money is exactly": [
        "UPDATE payments_payment SET currency = 'EUR' WHERE id = :captured"
    ],
    "No order is confirmed without its money": [
        "UPDATE payments_payment SET state = 'failed' WHERE id = :captured"
    ],
    "No order waits for its money": [
        "UPDATE orders_order SET placed_at = now() - interval '121 minutes' WHERE state = 'pending'"
    ],
    "Money without a confirmed order": [
        "UPDATE payments_payment SET updated_at = now() - interval '16 minutes'",
        "UPDATE payments_refund SET state = 'requested'",
    ],
    "Every journal has two entries": [
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE journal_id = :journal"
    ],
    "The guards that keep the ledger": [
        "ALTER TABLE ledger_entry DISABLE TRIGGER entry_append_only"
    ],
    "Every payment that came in": [
        "UPDATE ledger_journal SET business_key = 'capture:other' WHERE id = :journal"
    ],
    "What came in is what the ledger says": [
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE journal_id = :journal"
        " AND account_id = :stripe"
    ],
    "A seller is owed what was earned": [
        "UPDATE ledger_entry SET amount_minor = amount_minor - 1 WHERE account_id = :payable"
    ],
    "What is owed back to shoppers": ["UPDATE payments_refund SET state = 'pending'"],
    "Nobody is paid more than was earned": [
        "UPDATE ledger_entry SET amount_minor = abs(amount_minor) WHERE account_id = :payable"
    ],
    "An order is the sum of its parts": [
        "UPDATE orders_sellerorder SET goods_minor = goods_minor + 1,"
        " total_minor = total_minor + 1 WHERE id = :part"
    ],
    "A line's total, tax and commission": [
        "UPDATE orders_orderline SET tax_minor = tax_minor + 1 WHERE id = :line"
    ],
    "What is given back of a line": ["UPDATE orders_adjustmentline SET tax_minor = tax_minor + 1"],
    "Every adjustment of an order": [
        "UPDATE ledger_journal SET business_key = 'adjustment:0' WHERE id ="
        " (SELECT min(id) FROM ledger_journal WHERE kind = 'adjustment')"
    ],
    "What a line says was refunded": [
        "UPDATE orders_orderline SET refunded_quantity = 0 WHERE refunded_quantity > 0"
    ],
    "No part gives back more": [
        "ALTER TABLE orders_adjustment DROP CONSTRAINT refund_is_its_parts",
        "UPDATE orders_adjustment SET refund_minor = 1000000",
    ],
    "Cancellations, returns and claims moved": [
        "UPDATE returns_caseevent SET to_state = 'sent' WHERE to_state = 'refunded'"
    ],
    "Each move of a case": ["DELETE FROM returns_caseevent WHERE to_state = 'refunded'"],
    "A case is refunded when": [
        "UPDATE orders_adjustment SET business_key = 'other' || id WHERE business_key LIKE 'case:%'"
    ],
    "No unit is in two living": ["UPDATE returns_caseline SET quantity = quantity + 1"],
    "No case waits longer": [
        "UPDATE returns_case SET state = 'approved', due_at = now() - interval '2 days'"
    ],
    "No case crosses": ["UPDATE returns_case SET seller_id = 0"],
    "Orders and their parts moved only": [
        "UPDATE orders_orderevent SET from_state = 'canceled' WHERE to_state = 'confirmed'"
    ],
    "A part waits while its order does": [
        "UPDATE orders_order SET state = 'pending' WHERE id = :confirmed"
    ],
    "A part ends with": ["UPDATE orders_sellerorder SET state = 'returned' WHERE id = :part"],
    "Each move has exactly one event": [
        "DELETE FROM orders_orderevent WHERE to_state = 'confirmed'"
    ],
    "No more is shipped, canceled": [
        "ALTER TABLE orders_orderline DROP CONSTRAINT never_ship_more_than_ordered",
        "UPDATE orders_orderline SET canceled_quantity = quantity + 1 WHERE id = :line",
    ],
    "What a line says was shipped": [
        "UPDATE orders_orderline SET shipped_quantity = 0 WHERE shipped_quantity > 0"
    ],
    "Every confirmed order was told": [
        "DELETE FROM outbox_delivery",
        "DELETE FROM outbox_event WHERE name = 'orders.order-confirmed.v1'",
    ],
    "No fact waits for its hearers": [
        "UPDATE outbox_event SET occurred_at = now() - interval '61 minutes'"
    ],
    "One key asks for one thing": [
        "UPDATE payments_payment SET idempotency_key = 'other' WHERE id = :captured"
    ],
    "Every notice of the provider": [
        "INSERT INTO payments_providerevent (event_id, kind, account, livemode, payload,"
        " received_at, attempts, outcome, due_at) VALUES"
        " ('evt_1', 'x', '', false, '{}', now() - interval '61 minutes', 0, '', now())"
    ],
}


def promise_of(beginning: str) -> str:
    [promise] = [rule.promise for rule in RULES if rule.promise.startswith(beginning)]
    return promise


def break_and_count(statements: list[str]) -> dict[str, int]:
    """Break the shop with its guards asleep, count, and make it whole again."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                for name, query in ROWS.items():
                    statement = re.sub(rf"{name}\b", query, statement)
                cursor.execute(statement)
        found = counts()
        transaction.set_rollback(True)
    return found


def test_a_broken_rule_is_counted(shop: None) -> None:
    """All in one shop: to build it takes longer than to break it."""
    blind = {
        beginning
        for beginning, statements in BREAKS.items()
        if break_and_count(statements)[promise_of(beginning)] == 0
    }

    assert blind == set()
    assert set(counts().values()) == {0}


def test_no_rule_is_left_without_its_break() -> None:
    """Other groups of rules have files of their own, where they are broken."""
    elsewhere = [
        *PAYOUT_RULES, *PROMOTION_RULES, *DOCUMENT_RULES, *AUDIT_RULES, *SHIPPING_RULES,
        *ACCESS_RULES, *CAPTURE_RULES, *DISPUTE_RULES, *GOODWILL_RULES,
            *GIFT_CARD_RULES, *EXCESS_RULES,
    ]  # fmt: skip
    others = {rule.promise for rule in RULES if rule not in elsewhere}
    assert {promise_of(beginning) for beginning in BREAKS} == others


def test_the_command_prints_every_rule_and_its_count(
    shop: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_invariants")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(RULES) + 2
    assert lines[0].startswith("INV1        0  No more is promised")
    assert lines[-1] == f"All {len(RULES) + 1} checks are zero."


def test_the_command_fails_when_a_rule_is_broken(shop: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE inventory_stock SET on_hand = on_hand + 1")

    with pytest.raises(SystemExit) as stopped:
        call_command("check_invariants")

    assert stopped.value.code == 1


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_all_rules_look_at_one_instant() -> None:
    assert queries.broken() == []


def test_the_hourly_check_raises_the_alarm(shop: None, caplog: pytest.LogCaptureFixture) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE inventory_stock SET on_hand = on_hand + 1")

    tasks.check()

    assert any("invariant.broken" in str(record.msg) for record in caplog.records)
