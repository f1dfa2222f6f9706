"""A code for one use under forty sessions; the guard beside the race that shows what it is for."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from commerce.checkout import operations as checkout
from commerce.checkout.types import Placed
from commerce.pricing import operations, queries, statements
from commerce.pricing.models import Promotion, Redemption
from commerce.pricing.types import Customer, Destination, QuoteLine, Use
from tests.factories.orders import RETURN_URL, make_ready_cart, tell_everything
from tests.factories.pricing import make_promotion
from tests.support.race import meeting, race_all

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 40
BUYERS = 8


def claim_if_it_looks_free(order: str, *, all_have_looked: Callable[[], object]) -> bool:
    """What placing does: look at the code, then claim it with the order."""
    with transaction.atomic():
        priced = queries.quote_cart(
            lines=[QuoteLine(key=1, seller_id=1, unit_minor=1000, quantity=1)],
            shipping={},
            currency="USD",
            destination=Destination(),
            customer=Customer(email=f"{order}@example.com"),
            codes=["ONCE"],
        )
        all_have_looked()
        if not priced.uses:
            return False
        operations.claim(
            order_token=order,
            uses=priced.uses,
            email=f"{order}@example.com",
            user_id=None,
            currency="USD",
        )
    return True


def claim_in_all_sessions() -> list[object]:
    """Everybody has found it free before anybody claims it."""
    claim = partial(claim_if_it_looks_free, all_have_looked=meeting(SESSIONS))
    return race_all([partial(claim, f"o{n}") for n in range(SESSIONS)])


def test_control_without_the_constraint_the_same_race_uses_it_often() -> None:
    make_promotion(code="ONCE", max_uses=1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pricing_promotion DROP CONSTRAINT never_used_more_than_allowed")
    try:
        results = claim_in_all_sessions()
        assert results.count(True) > 1
        assert Promotion.objects.get().used > 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pricing_redemption SET released_at = now();"
                "UPDATE pricing_promotion SET used = 0;"
                "ALTER TABLE pricing_promotion ADD CONSTRAINT never_used_more_than_allowed"
                " CHECK (max_uses IS NULL OR used <= max_uses)"
            )


def test_a_code_for_one_use_is_used_once() -> None:
    make_promotion(code="ONCE", max_uses=1)

    results = claim_in_all_sessions()

    assert results.count(True) == 1
    others = [result for result in results if result is not True]
    assert {type(result) for result in others} <= {bool, operations.UsedUp}
    assert Promotion.objects.get().used == 1
    assert Redemption.objects.count() == 1


def test_one_customer_in_many_tabs_uses_it_once() -> None:
    promotion_id = make_promotion(max_per_customer=1)
    use = Use(promotion_id=promotion_id, label="Sale", code="", amount_minor=1)

    def claim(order: str) -> bool:
        with transaction.atomic():
            operations.claim(
                order_token=order, uses=[use], email="ada@example.com", user_id=7, currency="USD"
            )
            time.sleep(0.05)
        return True

    results = race_all([lambda n=n: claim(f"o{n}") for n in range(SESSIONS)])

    assert results.count(True) == 1
    assert Redemption.objects.count() == 1


def test_of_many_checkouts_with_the_last_use_one_is_placed_and_no_other_is_charged_more(
    double: object,
) -> None:
    """Whoever is too late is asked again; nobody pays a total they did not see."""
    make_promotion(code="ONCE", max_uses=1)
    carts = [make_ready_cart() for _ in range(BUYERS)]
    totals = []
    for number, cart in enumerate(carts):
        checkout.enter_code(cart_token=cart.token, code="ONCE")
        totals.append(tell_everything(cart.token, email=f"b{number}@example.com"))

    results = race_all(
        [
            lambda cart=cart, total=total: checkout.place(
                cart_token=cart.token, user_id=None, expected_total=total, return_url=RETURN_URL
            )
            for cart, total in zip(carts, totals, strict=True)
        ]
    )

    placed = [result for result in results if isinstance(result, Placed)]
    refused = [result for result in results if isinstance(result, checkout.CheckoutRefused)]
    assert (len(placed), len(refused)) == (1, BUYERS - 1), results
    assert {type(refusal) for refusal in refused} <= {
        checkout.PromotionGone, checkout.TotalChanged,
    }  # fmt: skip
    assert Promotion.objects.get().used == 1


MANY = 60
_RELEASE_AS_FOUND = """
UPDATE pricing_redemption SET released_at = statement_timestamp()
WHERE order_token = %(order)s AND released_at IS NULL
"""


def release_two_orders() -> list[object]:
    """Give up two orders with the same codes, whose uses lie in the table the other way round."""
    promotions = [make_promotion(code=f"MANY-{n}", max_uses=9) for n in range(MANY)]
    for order, ids in (("o1", promotions), ("o2", promotions[::-1])):
        for promotion_id in ids:
            use = Use(promotion_id=promotion_id, label="", code="", amount_minor=1)
            operations.claim(
                order_token=order,
                uses=[use],
                email=f"{order}@example.com",
                user_id=None,
                currency="USD",
            )
    # Each that is counted down takes a while, so that the two meet in the middle.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION test_dawdle() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.005); RETURN NULL; END $$;"
            "CREATE TRIGGER zz_dawdle AFTER UPDATE ON pricing_redemption"
            " FOR EACH ROW EXECUTE FUNCTION test_dawdle()"
        )
    try:
        return race_all([partial(release_as_they_lie, order) for order in ("o1", "o2")])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER zz_dawdle ON pricing_redemption")
            cursor.execute("DROP FUNCTION test_dawdle")


def release_as_they_lie(order: str) -> int:
    """Without the index, which happens to return uses in the order of their promotions."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_indexscan = off; SET enable_bitmapscan = off")
    return operations.release(order_token=order)


def test_control_promotions_locked_as_they_are_found_end_in_a_deadlock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statements, "RELEASE", _RELEASE_AS_FOUND)

    assert OperationalError in {type(result) for result in release_two_orders()}


def test_two_orders_with_the_same_codes_are_given_up_at_once() -> None:
    assert release_two_orders() == [MANY, MANY]
    assert {row.used for row in Promotion.objects.all()} == {0}
