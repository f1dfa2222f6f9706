"""Promotions as they are kept: what is on by the database's clock, and how often it is used."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from commerce.kernel import clock
from commerce.pricing import operations, queries
from commerce.pricing.models import CustomerGroup, GroupMember, Promotion, Redemption
from commerce.pricing.types import (
    CartQuote,
    Customer,
    Destination,
    PromotionInput,
    QuoteLine,
    Use,
)
from tests.factories.accounts import make_user
from tests.factories.pricing import make_promotion, tax_germany
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def priced(*codes: str, minor: int = 1000, seller_id: int = 1, **about: Any) -> CartQuote:
    given = {
        "lines": [QuoteLine(key=1, seller_id=seller_id, unit_minor=minor, quantity=1)],
        "shipping": {},
        "currency": "USD",
        "destination": Destination(country="DE"),
        "customer": Customer(),
        "codes": codes,
        **about,
    }
    return queries.quote_cart(**given)


def status(*codes: str, **about: Any) -> str:
    return priced(*codes, **about).codes[0].status


def used(order: str, promotion_id: int, email: str = "ada@example.com", user_id: int | None = None):
    use = Use(promotion_id=promotion_id, label="Sale", code="", amount_minor=100)
    operations.claim(order_token=order, uses=[use], email=email, user_id=user_id, currency="USD")


def test_a_cart_is_priced_in_one_statement() -> None:
    tax_germany()
    make_promotion()
    make_promotion(code="TEN")

    with counted() as statements:
        found = priced("TEN", "OTHER")

    assert len(statements) == 1
    assert found.quote.discount.minor == 100
    assert found.quote.tax.minor == 171


def test_one_that_applies_by_itself_needs_no_code() -> None:
    promotion_id = make_promotion()

    found = priced()

    assert found.quote.discount.minor == 100
    assert [(use.promotion_id, use.amount_minor) for use in found.uses] == [(promotion_id, 100)]


def test_a_code_is_read_however_it_is_typed() -> None:
    make_promotion(code="SPRING-26")

    (state,) = priced(" spring-26 ").codes

    assert (state.code, state.is_applied) == ("SPRING-26", True)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, "applied"),
        ({"starts_at": timedelta(minutes=1)}, "early"),
        ({"starts_at": timedelta(days=-2), "ends_at": timedelta(minutes=-1)}, "ended"),
        ({"is_active": False}, "ended"),
        ({"least_minor": 1001}, "minimum"),
        ({"seller_ids": (99,)}, "not-for-these"),
        ({"kind": "buy-get", "buy": 2, "get": 1}, "too-few"),
        ({"kind": "free-shipping"}, "shipping-later"),
        ({"currency": "EUR"}, "applied"),
        ({"currency": "EUR", "kind": "fixed", "amount_minor": 100}, "currency"),
        ({"currency": "EUR", "least_minor": 1}, "currency"),
    ],
)
def test_a_code_tells_why_it_is_not_applied(about: dict[str, Any], expected: str) -> None:
    now = clock.now()
    moments = {key: now + value for key, value in about.items() if isinstance(value, timedelta)}
    make_promotion(code="CODE", **{**about, **moments})

    (state,) = priced("CODE").codes

    assert state.status == expected
    assert (state.message == "") == (expected == "applied")


def test_a_code_nobody_gave_out_is_unknown() -> None:
    assert status("NOBODYS") == "unknown"


def test_an_order_takes_one_code_unless_the_shop_allows_more(settings: Any) -> None:
    make_promotion(code="ONE", stackable=True)
    make_promotion(code="TWO", stackable=True)

    assert [state.status for state in priced("ONE", "TWO").codes] == ["applied", "one-only"]

    settings.PROMOTION_CODES_PER_ORDER = 2
    assert [state.status for state in priced("ONE", "TWO").codes] == ["applied", "applied"]


def test_a_promotion_ends_by_the_clock_of_the_database_without_any_job() -> None:
    make_promotion()
    run_sql("UPDATE pricing_promotion SET starts_at = now() - interval '2 days'")
    for seconds in (0.3, 3, 30):  # more where the machine is too busy to look in time
        ends_at = clock.now() + timedelta(seconds=seconds)
        run_sql("UPDATE pricing_promotion SET ends_at = %s", [ends_at])
        before = priced().quote.discount.minor
        if clock.now() < ends_at:
            break
    run_sql("SELECT pg_sleep(extract(epoch FROM %s - clock_timestamp()))", [ends_at])

    assert (before, priced().quote.discount.minor) == (100, 0)


def test_a_group_gets_what_is_meant_for_it() -> None:
    group = CustomerGroup.objects.create(name="Trade")
    member, stranger = make_user(), make_user()
    GroupMember.objects.create(group=group, user=member)
    make_promotion(code="TRADE", group_ids=(group.pk,))

    assert status("TRADE", customer=Customer(user_id=member.pk)) == "applied"
    assert status("TRADE", customer=Customer(user_id=stranger.pk)) == "not-for-you"
    assert status("TRADE") == "not-for-you"


def test_a_sellers_promotion_is_about_its_items_and_borne_by_it() -> None:
    seller = make_seller()
    make_promotion(seller_id=seller.pk)

    own = priced(seller_id=seller.pk).quote
    assert own.discount.minor == 100
    assert own.lines[1].platform_discount.minor == 0
    assert priced(seller_id=seller.pk + 1).quote.discount.minor == 0


def test_a_limited_code_is_used_as_often_as_it_may_be() -> None:
    promotion_id = make_promotion(code="TWICE", max_uses=2)
    used("a", promotion_id)
    used("b", promotion_id, "b@example.com")

    assert status("TWICE") == "used-up"
    with pytest.raises(operations.UsedUp), transaction.atomic():
        used("c", promotion_id, "c@example.com")
    assert Promotion.objects.get().used == 2


def test_a_failed_order_gives_its_use_back_once() -> None:
    promotion_id = make_promotion(code="ONCE", max_uses=1)
    used("a", promotion_id)

    assert operations.release(order_token="a") == 1
    assert operations.release(order_token="a") == 0
    assert Promotion.objects.get().used == 0
    used("b", promotion_id)
    assert Promotion.objects.get().used == 1


def test_a_customer_is_known_by_account_and_by_address_however_it_is_written() -> None:
    promotion_id = make_promotion(code="ONE-EACH", max_per_customer=1)
    used("a", promotion_id, "Ada@Example.com", user_id=7)

    for order, email, user_id in (
        ("b", "ada+again@example.com", None),
        ("c", "other@example.com", 7),
    ):
        assert status("ONE-EACH", customer=Customer(user_id=user_id, email=email)) == "used-by-you"
        with pytest.raises(operations.UsedUp), transaction.atomic():
            used(order, promotion_id, email, user_id)
    used("d", promotion_id, "grace@example.com", user_id=8)
    assert Redemption.objects.count() == 2


def test_three_times_each_is_three_times() -> None:
    promotion_id = make_promotion(code="THRICE", max_per_customer=3)
    for order in ("a", "b", "c"):
        used(order, promotion_id)
    operations.release(order_token="b")
    used("d", promotion_id)

    with pytest.raises(operations.UsedUp), transaction.atomic():
        used("e", promotion_id)


def test_a_limit_that_comes_later_counts_what_was_used() -> None:
    promotion_id = make_promotion(code="LATER")
    used("a", promotion_id)
    used("b", promotion_id)
    limited = {"label": "Sale", "kind": "percentage", "percent_bps": 1000, "code": "LATER"}

    with pytest.raises(operations.InvalidPromotion) as refusal:
        operations.save_promotion(
            promotion=PromotionInput(**limited, max_uses=1), promotion_id=promotion_id
        )
    operations.save_promotion(
        promotion=PromotionInput(**limited, max_uses=3), promotion_id=promotion_id
    )

    assert refusal.value.errors == {"max_uses": "It was used more often already."}
    assert Promotion.objects.get().used == 2


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"label": " "}, "label"),
        ({"percent_bps": 0}, "percent_bps"),
        ({"percent_bps": 10_001}, "percent_bps"),
        ({"kind": "fixed"}, "amount_minor"),
        ({"kind": "fixed", "amount_minor": 10**12}, "amount_minor"),
        ({"kind": "buy-get", "buy": 0, "get": 1}, "buy"),
        ({"code": "a b"}, "code"),
        ({"code": "DÄH-1"}, "code"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_per_customer": 10**9}, "max_per_customer"),
    ],
)
def test_nonsense_is_refused_with_the_field_it_is_in(about: dict[str, Any], field: str) -> None:
    with pytest.raises(operations.InvalidPromotion) as refusal:
        make_promotion(**about)

    assert set(refusal.value.errors) == {field}
    assert not Promotion.objects.exists()


def test_a_code_belongs_to_one_promotion() -> None:
    make_promotion(code="MINE")

    with pytest.raises(operations.InvalidPromotion) as refusal:
        make_promotion(code="mine")

    assert set(refusal.value.errors) == {"code"}


def test_a_promotion_is_changed_and_ended_by_its_owner_only() -> None:
    seller = make_seller()
    promotion_id = make_promotion(seller_id=seller.pk)
    changed = PromotionInput(label="Mine", kind="percentage", percent_bps=1, seller_id=None)

    with pytest.raises(operations.NoSuchPromotion):
        operations.save_promotion(promotion=changed, promotion_id=promotion_id)
    with pytest.raises(operations.NoSuchPromotion):
        operations.end_promotion(promotion_id=promotion_id, seller_id=seller.pk + 1)

    operations.end_promotion(promotion_id=promotion_id, seller_id=seller.pk)
    assert not Promotion.objects.get().is_active


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pricing_promotion SET used = 2",
        "UPDATE pricing_promotion SET percent_bps = 10001",
        "UPDATE pricing_promotion SET ends_at = starts_at",
        "DELETE FROM pricing_redemption",
        "TRUNCATE pricing_redemption",
        "UPDATE pricing_redemption SET amount_minor = 1",
        "UPDATE pricing_redemption SET released_at = now(), slot = 9",
        "INSERT INTO pricing_redemption (promotion_id, order_token, customer_key, amount_minor,"
        " currency) SELECT id, 'z', 'somebody', 1, 'USD' FROM pricing_promotion",
    ],
)
def test_the_database_keeps_limits_and_uses(statement: str) -> None:
    used("a", make_promotion(code="ONCE", max_uses=1))

    with pytest.raises(DatabaseError):
        run_sql(statement)


def test_a_use_that_was_given_back_stays_given_back() -> None:
    used("a", make_promotion(code="ONCE", max_uses=1))
    operations.release(order_token="a")

    with pytest.raises(IntegrityError):
        run_sql("UPDATE pricing_redemption SET released_at = NULL")
