"""Each rule about promotions counts nothing after honest work, and sees what slipped past."""

import pytest
from django.db import connection, transaction

from commerce.checkout import operations as checkout
from commerce.checkout import queries
from commerce.invariants.promotion_rules import PROMOTION_RULES
from commerce.invariants.types import Rule
from tests.factories.orders import make_ready_cart
from tests.factories.pricing import make_promotion

pytestmark = pytest.mark.django_db


def count(rule: Rule) -> int:
    with connection.cursor() as cursor:
        cursor.execute(rule.violations)
        return int(cursor.fetchone()[0])


def broken() -> list[str]:
    return [rule.promise for rule in PROMOTION_RULES if count(rule)]


def behind_the_guards(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def used() -> None:
    """An order that waits with a limited promotion, and one that was given up."""
    make_promotion(code="FIVE", max_uses=5, max_per_customer=2)
    for give_up in (False, True):
        cart = make_ready_cart()
        checkout.enter_code(cart_token=cart.token, code="FIVE")
        quote = checkout.set_methods(cart_token=cart.token, methods=_methods(cart.token)).quote
        assert quote is not None
        placed = checkout.place(
            cart_token=cart.token,
            user_id=None,
            expected_total=quote.total,
            return_url="https://shop.example/ORDER/",
        )
        if give_up:
            checkout.abandon(order_token=placed.order_token)


def _methods(token: str) -> dict[int, int]:
    parts = queries.review(cart_token=token).parts
    return {part.seller_id: part.options[0].method_id for part in parts}


BREAKS = {
    "UPDATE orders_orderline SET adjustments = '[]'": "What was taken off",
    "UPDATE orders_orderline SET platform_discount_minor = 0": "What was taken off",
    "UPDATE pricing_promotion SET used = 2": "No promotion is used",
    "INSERT INTO pricing_redemption (promotion_id, order_token, customer_key, slot, amount_minor,"
    " currency) SELECT promotion_id, order_token || 'x', customer_key, slot, 1, 'USD'"
    " FROM pricing_redemption WHERE released_at IS NULL": "No customer uses",
    "UPDATE pricing_redemption SET released_at = NULL": "A promotion is used by living",
}


def test_honest_work_breaks_no_rule(used: None) -> None:
    assert broken() == []


def test_what_slipped_past_a_guard_is_seen(used: None) -> None:
    seen = set()
    for statement, beginning in BREAKS.items():
        point = transaction.savepoint()
        if "INSERT" in statement:
            behind_the_guards("DROP INDEX one_redemption_per_customers_slot")
        behind_the_guards(statement)
        found = broken()
        assert any(promise.startswith(beginning) for promise in found), (statement, found)
        seen |= set(found)
        transaction.savepoint_rollback(point)
    assert seen == {rule.promise for rule in PROMOTION_RULES}
