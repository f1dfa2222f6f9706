"""Price lists: by quantity, for a time, for a group; and what was paid before a reduction."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from commerce.catalog import queries as catalog
from commerce.checkout import operations as checkout
from commerce.checkout import queries as reviews
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.offers import queries as offers
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from commerce.pricing import operations, queries
from commerce.pricing.models import CustomerGroup, GroupMember, ListPriceChange, PriceList
from commerce.pricing.operations import ListPriceInput, PriceListInput
from commerce.pricing.types import PriceData, tier_at
from commerce.sellers.models import Seller
from tests.factories.accounts import make_user
from tests.factories.catalog import make_variant
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart
from tests.factories.pricing import set_price, tax_germany
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def owner(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].seller_id


def add_list(variant_id: int, *prices: tuple[int, int], name: str = "List", **about: Any) -> int:
    """Prices as (from quantity, amount)."""
    wanted = PriceListInput(
        seller_id=owner(variant_id),
        name=name,
        currency="USD",
        prices=[
            ListPriceInput(variant_id=variant_id, min_quantity=count, amount_minor=amount)
            for count, amount in prices
        ],
        **about,
    )
    return operations.save_price_list(price_list=wanted)


def price(variant_id: int, user_id: int | None = None) -> PriceData:
    found = queries.offered_prices(variant_ids=[variant_id], currency="USD", user_id=user_id)
    return found[variant_id]


def unit(variant_id: int, quantity: int = 1, user_id: int | None = None) -> int:
    return tier_at(price(variant_id, user_id).tiers, quantity).amount.minor


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    set_price(variant_id, 1000)
    return variant_id


def test_more_cost_less_each(mug: int) -> None:
    add_list(mug, (10, 900), (50, 800))

    assert [unit(mug, count) for count in (1, 9, 10, 49, 50, 999)] == [
        1000, 1000, 900, 900, 800, 800,
    ]  # fmt: skip


def test_a_list_is_on_by_the_clock_of_the_database(mug: int) -> None:
    now = clock.now()
    list_id = add_list(
        mug, (1, 700), starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
    )
    assert (unit(mug), price(mug).compare_at) == (700, Money(1000, "USD"))

    PriceList.objects.filter(pk=list_id).update(ends_at=now)
    assert (unit(mug), price(mug).compare_at) == (1000, None)

    PriceList.objects.filter(pk=list_id).update(starts_at=now + timedelta(hours=1), ends_at=None)
    assert unit(mug) == 1000


def test_a_group_has_its_own_prices(mug: int) -> None:
    group = CustomerGroup.objects.create(name="Trade")
    member, stranger = make_user(), make_user()
    GroupMember.objects.create(group=group, user=member)
    add_list(mug, (1, 600), group_id=group.pk)

    assert (unit(mug, 1, member.pk), unit(mug, 1, stranger.pk), unit(mug)) == (600, 1000, 1000)


def test_the_higher_priority_decides_even_for_a_higher_price(mug: int) -> None:
    add_list(mug, (1, 700), name="Sale")
    add_list(mug, (1, 1200), name="From January", priority=1)

    assert unit(mug) == 1200
    assert price(mug).compare_at is None


def test_of_equal_lists_the_lower_price_counts(mug: int) -> None:
    add_list(mug, (1, 700), name="A")
    add_list(mug, (1, 650), name="B")

    assert unit(mug) == 650


def test_the_lowest_price_of_the_thirty_days_before_is_known(mug: int) -> None:
    set_price(mug, 800)
    set_price(mug, 1100)
    with_history(mug, (40, 500), (35, 950), (10, 800), (5, 1100))
    set_price(mug, 900, compare_at=1500)

    assert price(mug).lowest_before == Money(800, "USD")
    # the price that was in force thirty days ago counts, the one before it does not
    with_history(mug, (40, 500), (35, 950), (5, 1100))
    set_price(mug, 899, compare_at=1500)
    assert price(mug).lowest_before == Money(950, "USD")


def test_a_reduction_by_a_list_is_measured_before_it_began(mug: int) -> None:
    with_history(mug, (60, 2000), (20, 1000))
    add_list(mug, (1, 700), starts_at=clock.now() - timedelta(days=2))

    assert price(mug).lowest_before == Money(1000, "USD")


def test_without_a_reduction_there_is_nothing_to_compare(mug: int) -> None:
    assert price(mug).lowest_before is None


def with_history(variant_id: int, *rows: tuple[int, int]) -> None:
    """Replace the history by (days ago, amount), behind the guards."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM pricing_pricechange")
        cursor.executemany(
            "INSERT INTO pricing_pricechange (variant_id, currency, amount_minor, actor, at)"
            " VALUES (%s, 'USD', %s, 'system', now() - make_interval(days => %s))",
            [(variant_id, amount, days) for days, amount in rows],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_what_everybody_was_offered_is_kept(mug: int) -> None:
    list_id = add_list(mug, (1, 700), (10, 600))

    assert list(ListPriceChange.objects.values_list("price_list_id", "amount_minor")) == [
        (list_id, 700)
    ]
    for statement in (
        "UPDATE pricing_listpricechange SET amount_minor = 1",
        "DELETE FROM pricing_listpricechange",
    ):
        with pytest.raises(DatabaseError, match="append-only"):
            run_sql(statement)


def test_a_list_prices_its_sellers_own_goods(mug: int) -> None:
    foreign = make_variant()
    wanted = PriceListInput(
        seller_id=owner(mug),
        name="Mine",
        currency="USD",
        prices=[ListPriceInput(variant_id=foreign, amount_minor=1)],
    )

    with pytest.raises(operations.InvalidPriceList) as refusal:
        operations.save_price_list(price_list=wanted)

    assert refusal.value.errors == {"prices": "A list prices your own products."}
    assert not PriceList.objects.exists()


@pytest.mark.parametrize(
    ("about", "prices", "field"),
    [
        ({"name": " "}, [(1, 5)], "name"),
        ({}, [], "prices"),
        ({}, [(1, 0)], "prices"),
        ({}, [(0, 5)], "prices"),
        ({}, [(1, 5), (1, 6)], "prices"),
        ({}, [(1, 10**12)], "prices"),
        ({"starts_at": 2, "ends_at": 1}, [(1, 5)], "ends_at"),
    ],
)
def test_nonsense_is_refused(
    mug: int, about: dict[str, Any], prices: list[tuple[int, int]], field: str
) -> None:
    moments: dict[str, datetime] = {
        key: clock.now() + timedelta(days=value)
        for key, value in about.items()
        if isinstance(value, int)
    }

    with pytest.raises(operations.InvalidPriceList) as refusal:
        add_list(mug, *prices, **{**about, **moments})

    assert set(refusal.value.errors) == {field}


def test_a_list_is_replaced_and_ended_by_its_seller(mug: int) -> None:
    list_id = add_list(mug, (1, 700))
    again = PriceListInput(
        seller_id=owner(mug),
        name="List",
        currency="USD",
        prices=[ListPriceInput(variant_id=mug, amount_minor=650)],
    )
    operations.save_price_list(price_list=again, list_id=list_id)
    assert unit(mug) == 650
    with pytest.raises(operations.NoSuchPriceList):
        operations.end_price_list(list_id=list_id, seller_id=owner(mug) + 1)

    operations.end_price_list(list_id=list_id, seller_id=owner(mug))

    assert unit(mug) == 1000
    assert Event.objects.filter(name="pricing.prices-changed.v1").count() == 4


def test_any_number_of_prices_is_read_in_one_statement(mug: int) -> None:
    add_list(mug, (1, 700), (10, 600))

    with counted() as statements:
        queries.offered_prices(variant_ids=[mug, 0], currency="USD")

    assert len(statements) == 1


def test_a_cart_pays_the_price_of_its_quantity_and_the_order_tells_why() -> None:
    cart = make_ready_cart([Wanted(minor=1000, quantity=10, on_hand=20)])
    add_list(cart.variants[0], (10, 900), name="By the ten")

    quote = reviews.review(cart_token=cart.token).quote
    assert quote is not None
    assert quote.goods == Money(9000, "USD")
    placed = checkout.place(
        cart_token=cart.token, user_id=None, expected_total=quote.total, return_url=RETURN_URL
    )

    order = orders.order(token=placed.order_token)
    assert order is not None
    (line,) = order.lines
    assert line.unit == Money(900, "USD")
    told = queries.sentences(steps=line.explanation, currency="USD")
    assert [step.text for step in told][:3] == [
        "Price of one",
        "By the ten, from 10 pieces on",
        "10 × 9.00 USD",
    ]


def test_prices_of_a_list_may_hold_their_tax(settings: Any) -> None:
    tax_germany()
    cart = make_ready_cart([Wanted(minor=1190)])
    add_list(cart.variants[0], (1, 1190), tax_included=True)
    operations.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="CA", rate_bps=1900
    )

    quote = reviews.review(cart_token=cart.token).quote

    assert quote is not None
    assert (quote.tax.minor, quote.included_tax.minor) == (0, 190 + 112)
    assert quote.total == Money(1190 + 700, "USD")
    placed = checkout.place(
        cart_token=cart.token, user_id=None, expected_total=quote.total, return_url=RETURN_URL
    )
    order = orders.order(token=placed.order_token)
    assert order is not None
    (row,) = orders.taxes_of(order.seller_orders)
    assert (row.amount.minor, row.included) == (302, True)
    # the seller earns what is left without tax, less commission on it
    assert order.seller_orders[0].earning.minor == 1890 - 302 - 100


def test_listings_are_told_when_a_list_begins_and_ends_and_not_before(mug: int) -> None:
    now = clock.now()
    list_id = add_list(mug, (1, 700), starts_at=now + timedelta(hours=1))
    Event.objects.all().delete()
    assert operations.announce_switched() == 0

    PriceList.objects.filter(pk=list_id).update(starts_at=now - timedelta(minutes=1))
    assert operations.announce_switched() == 1

    assert [event.payload for event in Event.objects.all()] == [{"variant_ids": [mug]}]


def test_where_the_law_asks_a_reduction_is_compared_with_the_lowest_price_before() -> None:
    cart = make_ready_cart([Wanted(minor=1000)])
    (variant_id,) = cart.variants
    with_history(variant_id, (20, 1000), (10, 850), (5, 1000))
    set_price(variant_id, 800, compare_at=2000)

    def compared(country: str) -> Money | None:
        Seller.objects.update(country=country)
        return offers.current(variant_ids=[variant_id], currency="USD")[variant_id].compare_at

    assert compared("US") == Money(2000, "USD")
    assert compared("DE") == Money(850, "USD")
    set_price(variant_id, 850, compare_at=2000)
    assert compared("DE") is None
