"""What is told of an offer is what a cart with one piece of it charges."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from commerce.accounts.models import User
from commerce.cart import queries as carts
from commerce.cart.models import Line
from commerce.catalog import queries as catalog
from commerce.checkout import queries as checkout
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.kernel.sql import fetch
from commerce.offers import queries
from commerce.offers.types import Offer, Shown
from commerce.pricing import operations as pricing
from commerce.pricing import queries as pricing_queries
from commerce.pricing import statements
from commerce.pricing.models import Promotion, PromotionChange
from commerce.pricing.operations import ListPriceInput, PriceListInput
from commerce.pricing.types import Use
from commerce.sellers.models import Seller
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable, product_of
from tests.factories.pricing import make_promotion, set_price
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def offer_of(
    variant_id: int,
    user: User | None = None,
    *,
    ordered: bool | None = None,
    currency: str = "USD",
) -> Offer:
    user_id = user.pk if user else None
    found = queries.current(variant_ids=[variant_id], currency=currency, user_id=user_id)
    seller_ids = {offer.seller_id for offer in found.values()}
    standing = pricing_queries.standing(seller_ids=seller_ids, currency=currency, user_id=user_id)
    first = None if ordered is None else not ordered
    [offer] = queries.as_shown(offers=list(found.values()), standing=standing, is_first_order=first)
    return offer


def told(variant_id: int, user: User | None = None, **about: Any) -> Shown:
    return offer_of(variant_id, user, **about).told


def minor(variant_id: int, user: User | None = None, **about: Any) -> int:
    return told(variant_id, user, **about).price.minor


def charged(variant_id: int, user: User | None = None) -> int:
    """What a cart with one of it comes to before shipping and tax."""
    if user:  # who has one open cart at a time
        Line.objects.filter(cart__user_id=user.pk).delete()
    token = make_cart({variant_id: 1}, user_id=user.pk if user else None)
    estimate = checkout.basket(cart_token=token).estimate
    assert estimate is not None
    return estimate.goods.minor - estimate.discount.minor


def owner(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].seller_id


def add_list(variant_id: int, *prices: tuple[int, int], **about: Any) -> None:
    pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=owner(variant_id),
            name=about.pop("name", "List"),
            currency="USD",
            prices=[
                ListPriceInput(variant_id=variant_id, min_quantity=count, amount_minor=amount)
                for count, amount in prices
            ],
            **about,
        )
    )


@pytest.fixture
def mug() -> int:
    return make_sellable(minor=1000)


@pytest.fixture
def member() -> User:
    return make_user()


def group_of(*users: User, name: str = "Trade") -> int:
    return pricing.save_group(name=name, user_ids=[user.pk for user in users])


def test_without_promotions_and_lists_the_price_is_what_the_seller_set(mug: int) -> None:
    shown = told(mug)

    assert (shown.price.minor, shown.before, shown.taken, shown.others) == (1000, None, (), ())


def test_a_percentage_without_conditions_is_the_price_and_compared_with_the_one_before(
    mug: int,
) -> None:
    make_promotion(percent_bps=2000)

    shown = told(mug)

    assert (shown.price.minor, shown.before and shown.before.minor) == (800, 1000)
    assert charged(mug) == 800


def test_a_minimum_that_one_piece_does_not_reach_is_told_in_words_only(mug: int) -> None:
    make_promotion(percent_bps=2000, least_minor=5000)

    shown = told(mug)

    assert shown.price.minor == charged(mug) == 1000
    assert [promotion.least_minor for promotion in shown.others] == [5000]


def test_a_minimum_that_one_piece_reaches_counts(mug: int) -> None:
    make_promotion(percent_bps=2000, least_minor=1000)

    assert minor(mug) == charged(mug) == 800


def test_an_exclusive_offer_that_wins_hides_the_one_it_wins_against(mug: int) -> None:
    make_promotion(label="Ten", percent_bps=1000)
    make_promotion(label="Twenty", percent_bps=2000)

    shown = told(mug)

    assert [promotion.label for promotion in shown.taken] == ["Twenty"]
    assert shown.others == ()


def test_of_exclusive_offers_the_priority_decides_not_the_saving(mug: int) -> None:
    make_promotion(label="Ten", percent_bps=1000, priority=5)
    make_promotion(label="Twenty", percent_bps=2000)

    assert [promotion.label for promotion in told(mug).taken] == ["Ten"]
    assert minor(mug) == charged(mug) == 900


def test_offers_that_share_are_both_taken_off(mug: int) -> None:
    make_promotion(percent_bps=1000, stackable=True)
    make_promotion(percent_bps=2000, stackable=True)

    assert minor(mug) == charged(mug) == 720
    assert len(told(mug).taken) == 2


def test_an_offer_for_several_and_free_shipping_are_told_without_touching_the_price(
    mug: int,
) -> None:
    make_promotion(label="Third free", kind="buy-get", buy=2, get=1)
    make_promotion(label="Sent free", kind="free-shipping", least_minor=5000)

    shown = told(mug)

    assert shown.price.minor == charged(mug) == 1000
    assert {promotion.label for promotion in shown.others} == {"Third free", "Sent free"}


def test_what_others_sell_is_left_alone(mug: int) -> None:
    make_promotion(seller_id=owner(make_sellable()), percent_bps=2000)
    make_promotion(product_ids=(product_of(make_sellable()),), percent_bps=3000)

    assert minor(mug) == charged(mug) == 1000


def test_a_promotion_is_shown_by_the_clock_of_the_database(mug: int) -> None:
    now = clock.now()
    promotion_id = make_promotion(
        percent_bps=2000, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2)
    )
    assert minor(mug) == 1000

    Promotion.objects.filter(pk=promotion_id).update(starts_at=now - timedelta(minutes=1))
    assert minor(mug) == 800

    Promotion.objects.filter(pk=promotion_id).update(
        starts_at=now - timedelta(hours=2), ends_at=now - timedelta(seconds=1)
    )
    assert minor(mug) == 1000


def test_a_promotion_that_is_used_up_is_shown_no_longer(mug: int) -> None:
    promotion_id = make_promotion(percent_bps=2000, max_uses=1)
    assert minor(mug) == 800

    use = Use(promotion_id=promotion_id, label="Sale", code="", amount_minor=100)
    pricing.claim(order_token="o1", uses=[use], email="a@example.com", user_id=None, currency="USD")

    assert minor(mug) == charged(mug) == 1000


def test_who_used_it_up_sees_the_price_without_it_and_strangers_do_not(
    mug: int, member: User
) -> None:
    promotion_id = make_promotion(percent_bps=2000, max_per_customer=1)
    use = Use(promotion_id=promotion_id, label="Sale", code="", amount_minor=100)
    pricing.claim(
        order_token="o1", uses=[use], email=member.email, user_id=member.pk, currency="USD"
    )

    assert minor(mug, member) == charged(mug, member) == 1000
    assert told(mug, member).public.minor == minor(mug) == 800


def test_a_promotion_for_a_group_is_shown_to_its_members_alone(mug: int, member: User) -> None:
    make_promotion(percent_bps=2000, group_ids=(group_of(member),))

    assert minor(mug, member) == charged(mug, member) == 800
    assert minor(mug) == minor(mug, make_user()) == 1000
    assert told(mug, member).public.minor == 1000


def test_a_first_order_counts_once_it_is_known_to_be_one(mug: int, member: User) -> None:
    make_promotion(percent_bps=2000, first_order=True)

    assert minor(mug, member, ordered=False) == charged(mug, member) == 800
    assert minor(mug, member, ordered=True) == 1000
    assert told(mug, member, ordered=True).others == ()


def test_a_stranger_is_told_of_a_first_order_s_promotion_and_promised_nothing(mug: int) -> None:
    make_promotion(percent_bps=2000, first_order=True)

    shown = told(mug)

    assert (shown.price.minor, len(shown.others)) == (1000, 1)
    assert charged(mug) == 800


def test_a_member_s_price_is_their_own_and_compared_with_what_strangers_pay(
    mug: int, member: User
) -> None:
    add_list(mug, (1, 700), (10, 600), group_id=group_of(member))

    offer = offer_of(mug, member)

    assert offer.told.price.minor == charged(mug, member) == 700
    assert offer.told.is_own
    assert (offer.told.public.minor, offer.ordinary and offer.ordinary.minor) == (1000, 1000)
    assert [(tier.from_quantity, tier.amount.minor) for tier in offer.tiers] == [
        (1, 700), (10, 600),
    ]  # fmt: skip
    assert (minor(mug), told(mug).is_own) == (1000, False)


def test_promotions_come_off_a_member_s_price_and_off_the_ordinary_one(
    mug: int, member: User
) -> None:
    add_list(mug, (1, 700), group_id=group_of(member))
    make_promotion(percent_bps=1000)

    shown = told(mug, member)

    assert (shown.price.minor, shown.before and shown.before.minor) == (630, 900)
    assert charged(mug, member) == 630


def test_where_the_law_asks_a_promotion_is_compared_with_the_lowest_price_before_it(
    mug: int,
) -> None:
    Seller.objects.update(country="DE")
    now = clock.now()
    make_promotion(percent_bps=2000, starts_at=now + timedelta(microseconds=1))
    assert told(mug).before is not None
    set_price(mug, 1200)

    shown = told(mug)

    assert (shown.price.minor, shown.before and shown.before.minor) == (960, 1000)
    assert not shown.may_tell_by_how_much


def test_where_the_law_asks_a_price_that_was_lower_before_is_no_reduction(mug: int) -> None:
    Seller.objects.update(country="DE")
    set_price(mug, 750)
    set_price(mug, 1000)
    make_promotion(percent_bps=2000)

    shown = told(mug)

    assert (shown.price.minor, shown.before) == (800, None)
    assert not shown.may_tell_by_how_much


def test_where_the_law_asks_a_sale_begun_again_is_compared_with_the_sale_before(mug: int) -> None:
    Seller.objects.update(country="DE")
    first = make_promotion(percent_bps=2000)
    pricing.end_promotion(promotion_id=first, seller_id=None)
    second = make_promotion(percent_bps=2000)
    assert (minor(mug), told(mug).before) == (800, None)

    pricing.end_promotion(promotion_id=second, seller_id=None)
    make_promotion(percent_bps=3000)
    shown = told(mug)

    assert (shown.price.minor, shown.before and shown.before.minor) == (700, 800)
    assert not shown.may_tell_by_how_much


def test_where_the_law_asks_a_sale_from_a_purchase_in_other_money_is_no_price_before(
    mug: int,
) -> None:
    Seller.objects.update(country="DE")
    set_price(mug, 6000, currency="EUR")
    first = make_promotion(percent_bps=5000, least_minor=5000, currency="USD")
    pricing.end_promotion(promotion_id=first, seller_id=None)
    make_promotion(percent_bps=2000)

    shown = told(mug, currency="EUR")

    assert (shown.price.minor, shown.before and shown.before.minor) == (4800, 6000)


def test_where_the_law_asks_a_sale_switched_on_again_begins_anew(mug: int) -> None:
    Seller.objects.update(country="DE")
    sale = make_promotion(percent_bps=2000)
    pricing.end_promotion(promotion_id=sale, seller_id=None)
    set_price(mug, 850)
    set_price(mug, 1000)
    Promotion.objects.filter(pk=sale).update(is_active=True, percent_bps=3000)

    assert (minor(mug), told(mug).lowest_before) == (700, Money(680, "USD"))


def test_a_sale_that_grows_without_a_break_is_one_sale(mug: int) -> None:
    Seller.objects.update(country="DE")
    sale = make_promotion(percent_bps=1000)
    Promotion.objects.filter(pk=sale).update(percent_bps=3000)

    shown = told(mug)

    assert (shown.price.minor, shown.before and shown.before.minor) == (700, 1000)


def ended_days_ago(promotion_id: int, days: int) -> None:
    """Let a promotion that is over have been over for that long; its guards sleep meanwhile."""
    with transaction.atomic():
        run_sql("SET LOCAL session_replication_role = replica")
        run_sql(
            "UPDATE pricing_promotionchange SET at = at - make_interval(days => %s),"
            " starts_at = starts_at - make_interval(days => %s),"
            " ends_at = ends_at - make_interval(days => %s) WHERE promotion_id = %s",
            [days, days, days, promotion_id],
        )
        run_sql("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(("days", "before"), [(0, 800), (29, 800), (31, None)])
def test_sales_that_were_over_thirty_days_before_are_not_even_read(
    mug: int, days: int, before: int | None
) -> None:
    Seller.objects.update(country="DE")
    run_sql("SET LOCAL session_replication_role = replica")
    run_sql("UPDATE pricing_pricechange SET at = at - interval '90 days'")
    run_sql("SET LOCAL session_replication_role = origin")
    earlier = make_promotion(percent_bps=2000)
    pricing.end_promotion(promotion_id=earlier, seller_id=None)
    ended_days_ago(earlier, days)
    now_on = make_promotion(percent_bps=3000)
    asked = {"seller_ids": [owner(mug)], "reducing": [now_on], "earliest": clock.now()}

    shown = told(mug)

    assert shown.before == Money(before or 1000, "USD")
    assert len(fetch(statements.SPELLS, **asked)) == (2 if before else 1)


def test_how_promotions_were_is_kept_and_their_uses_write_nothing(mug: int) -> None:
    sale = make_promotion(percent_bps=1000, max_uses=5)
    Promotion.objects.filter(pk=sale).update(percent_bps=3000)
    use = Use(promotion_id=sale, label="Sale", code="", amount_minor=100)
    pricing.claim(order_token="o1", uses=[use], email="a@example.com", user_id=None, currency="USD")

    rows = PromotionChange.objects.order_by("pk").values_list("is_on", "terms__percent_bps")
    assert list(rows) == [(True, 1000), (True, 3000)]
    for statement in (
        "UPDATE pricing_promotionchange SET is_on = false",
        "DELETE FROM pricing_promotionchange",
        "INSERT INTO pricing_promotionchange (promotion_id, is_on, terms, starts_at, actor, at)"
        " VALUES (1, true, '{}', now(), 'x', now())",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            run_sql(statement)


@pytest.mark.parametrize("offers", [1, 4])
def test_promotions_cost_one_statement_and_two_more_where_they_reduce(offers: int) -> None:
    found = list(
        queries.current(
            variant_ids=[make_sellable() for _ in range(offers)], currency="USD"
        ).values()
    )

    def told_in() -> int:
        with counted() as statements:
            standing = pricing_queries.standing(
                seller_ids=[offer.seller_id for offer in found], currency="USD"
            )
            queries.as_shown(offers=found, standing=standing)
        return len(statements)

    assert told_in() == 1
    make_promotion(percent_bps=2000)
    assert told_in() == 3


def a_promotion(draw: random.Random, variants: list[int], groups: list[int]) -> None:
    variant_id = draw.choice(variants)
    kind = draw.choice(["percentage", "percentage", "fixed", "buy-get", "free-shipping"])
    about: dict[str, Any] = {
        "label": f"P{draw.random()}",
        "kind": kind,
        "percent_bps": draw.randint(1, 9999) if kind in ("percentage", "buy-get") else 0,
        "amount_minor": draw.randint(1, 3000) if kind == "fixed" else 0,
        "buy": draw.randint(1, 3) if kind == "buy-get" else 0,
        "get": draw.randint(1, 2) if kind == "buy-get" else 0,
        "least_minor": draw.choice([0, 0, draw.randint(1, 4000)]),
        "priority": draw.choice([0, 0, 1, 2]),
        "stackable": draw.random() < 0.4,
        "max_uses": draw.choice([None, 1]),
    }
    whose = draw.choice(["all", "seller", "product", "group"])
    if whose == "seller":
        about["seller_id"] = owner(variant_id)
    elif whose == "product":
        about["product_ids"] = (product_of(variant_id),)
    elif whose == "group":
        about["group_ids"] = (draw.choice(groups),)
    make_promotion(**about)


def a_list(draw: random.Random, variants: list[int], groups: list[int], number: int) -> None:
    add_list(
        draw.choice(variants),
        (1, draw.randint(1, 3000)),
        (draw.randint(2, 9), draw.randint(1, 3000)),
        name=f"List {number}",
        priority=draw.randint(0, 2),
        group_id=draw.choice([None, *groups]),
    )


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_on_the_price_that_is_told_is_the_one_a_cart_charges(seed: int) -> None:
    draw = random.Random(seed)
    people = [make_user(), make_user()]
    groups = [group_of(people[0], name="A"), group_of(*people, name="B")]
    variants = [make_sellable(minor=draw.randint(1, 5000)) for _ in range(3)]
    for number in range(draw.randint(0, 3)):
        a_list(draw, variants, groups, number)
    for _ in range(draw.randint(1, 6)):
        a_promotion(draw, variants, groups)

    for variant_id in variants:
        for user in (None, *people):
            assert minor(variant_id, user, ordered=False) == charged(variant_id, user)


def test_a_cart_reads_offers_without_asking_for_promotions(mug: int) -> None:
    make_promotion(percent_bps=2000)
    [line] = carts.contents(token=make_cart({mug: 1})).lines

    assert line.offer.shown is None
    assert line.offer.price.minor == 1000
