"""Rules of bought gift cards are zero where all is well, and count when it is not."""

import pytest
from django.db import connection

from commerce.giftcards import operations
from commerce.invariants import queries
from commerce.invariants.giftcard_rules import GIFT_CARD_RULES
from commerce.ledger import operations as ledger
from devtools.stripe_double import StripeDouble
from tests.commerce.giftcards.test_elsewhere import give_back_in_the_dashboard
from tests.factories.giftcards import begin, bought, tell

pytestmark = pytest.mark.django_db


def broken() -> set[str]:
    ours = {rule.promise for rule in GIFT_CARD_RULES}
    return {result.rule for result in queries.broken() if result.rule in ours}


BREAKS = {
    "A bought gift card is worth": "UPDATE credits_credit SET issued_minor = issued_minor + 1,"
    " balance_minor = balance_minor + 1",
    "No gift card waits": "UPDATE giftcards_purchase SET created_at = created_at - interval '3 h'"
    " WHERE state = 'pending'",
    "A paid gift card is sent": "UPDATE giftcards_purchase SET delivered_at = NULL,"
    " paid_at = paid_at - interval '3 hours' WHERE state = 'paid'",
    "A gift card that was given back": "UPDATE giftcards_purchase"
    " SET refunded_minor = refunded_minor - 1 WHERE state = 'refunded'",
    "Each move of a purchase": "DELETE FROM giftcards_purchasemove WHERE to_state = 'paid'",
}


@pytest.mark.parametrize("beginning", BREAKS)
def test_a_broken_rule_is_counted(double: StripeDouble, beginning: str) -> None:
    begin()
    bought(double)
    operations.refund(token=bought(double).token, reason="x")
    assert broken() == set()

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # with the guards asleep
        cursor.execute(BREAKS[beginning])
        cursor.execute("SET session_replication_role = DEFAULT")

    assert [promise for promise in broken() if promise.startswith(beginning)]


def test_money_between_payment_and_card_is_counted(double: StripeDouble) -> None:
    bought(double)
    ledger.post(
        business_key="odd", kind="odd", entries={"giftcards:sold": 5, "losses": -5}, currency="USD"
    )

    assert [promise for promise in broken() if promise.startswith("Between the money")]


def test_a_card_that_can_be_spent_though_its_price_was_given_back_is_counted(
    double: StripeDouble,
) -> None:
    bought(double)
    give_back_in_the_dashboard(double, 5000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_refund SET created_at = created_at - interval '1 hour'")

    assert [promise for promise in broken() if promise.startswith("Nobody can spend")]
    tell()
    assert broken() == set()


def test_every_rule_was_seen_to_count() -> None:
    seen = [*BREAKS, "Between the money", "Nobody can spend"]
    assert all(any(rule.promise.startswith(each) for each in seen) for rule in GIFT_CARD_RULES)
