from uuid import uuid4

import pytest

from commerce.discovery import operations, queries
from commerce.discovery.models import Card
from commerce.discovery.queries import CardFilter, RailRule
from tests.factories.discovery import make_card
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def found(sort: str = "newest", **filter: object) -> list[int]:
    page = queries.page(filter=CardFilter(**filter), sort=sort)  # type: ignore[arg-type]
    return [card.product_id for card in page.cards]


def test_cards_are_sorted_by_age_price_and_sales() -> None:
    first, second, third = (make_card(minor=minor) for minor in (300, 100, 200))
    operations.count_sales(units={second: 2, third: 5})

    assert found("newest") == [third, second, first]
    assert found("price") == [second, third, first]
    assert found("-price") == [first, third, second]
    assert found("popular") == [third, second, first]


def test_cards_are_filtered_by_category_seller_stock_and_choice() -> None:
    mugs, jugs, seller = uuid4(), uuid4(), make_seller()
    first = make_card(category_keys=[mugs, jugs], seller_id=seller.pk)
    second = make_card(category_keys=[mugs], on_hand=0)

    assert found(category_key=mugs) == [second, first]
    assert found(category_key=jugs) == [first]
    assert found(seller_id=seller.pk) == [first]
    assert found(in_stock=True) == [first]
    assert found(product_ids=[second]) == [second]
    assert found(category_key=mugs, in_stock=True, seller_id=seller.pk) == [first]


@pytest.mark.parametrize("number", [1, 3])
def test_a_page_costs_two_statements(number: int) -> None:
    for _ in range(number):
        make_card()

    with counted() as statements:
        page = queries.page(filter=CardFilter(query="mug"), sort="relevance")

    assert len(page.cards) == number
    assert len(statements) == 2


def test_an_empty_result_costs_one_statement() -> None:
    with counted() as statements:
        page = queries.page(filter=CardFilter(category_key=uuid4()))

    assert (page.cards, page.total, page.page, page.pages) == ([], 0, 1, 1)
    assert len(statements) == 1


def test_pages_follow_each_other_and_end() -> None:
    products = [make_card() for _ in range(5)]

    pages = [
        queries.page(filter=CardFilter(), page=number, per_page=2) for number in (1, 2, 3, 9, -1)
    ]

    assert [[products.index(card.product_id) for card in page.cards] for page in pages] == [
        [4, 3],
        [2, 1],
        [0],
        [0],
        [4, 3],
    ]
    assert [(page.page, page.pages, page.total) for page in pages] == [
        (1, 3, 5),
        (2, 3, 5),
        (3, 3, 5),
        (3, 3, 5),
        (1, 3, 5),
    ]


def test_counting_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COUNT_CAP", 2)
    for _ in range(3):
        make_card()

    page = queries.page(filter=CardFilter(), per_page=1, page=3)

    assert (page.total, page.total_is_capped, page.total_text) == (2, True, "2+")
    assert (page.page, page.pages) == (2, 2)


@pytest.mark.parametrize(
    "query",
    [
        "mug",
        "MUGS blue",
        "blu",
        "crème blue mugs",
        "bodum",
        "Bodum mugs bl",
        "nordic shop",
        "KF-4/blue",
        "kf 4 blue",
        "kf4blue",
    ],
)
def test_words_of_title_brand_seller_and_sku_are_found(query: str) -> None:
    seller = make_seller(name="Nordic Shop", slug="nordic")
    mug = make_card("Blue mugs, Creme", brand="Bodum", sku="KF-4/BLUE", seller_id=seller.pk)
    make_card("Green jug", brand="Other", sku="JUG-1")

    assert found(query=query) == [mug]


@pytest.mark.parametrize(
    "query", ["red mug", "ug", "mug!x", "", "   ", "' OR 1=1 --", "<->", ":*", "\\", "(", "!"]
)
def test_other_words_and_signs_find_nothing_and_break_nothing(query: str) -> None:
    make_card("Blue mug")

    assert found(query=query) == []


def test_the_title_counts_more_than_the_brand_and_the_brand_more_than_the_seller() -> None:
    seller = make_seller(name="Oak", slug="oak")
    by_seller = make_card("Green jug", seller_id=seller.pk)
    by_brand = make_card("Green jug", brand="Oak")
    by_title = make_card("Oak table")
    operations.count_sales(units={by_seller: 100})

    assert found("relevance", query="oak") == [by_title, by_brand, by_seller]


def test_relevance_without_a_query_is_popularity() -> None:
    first, second = make_card(), make_card()
    operations.count_sales(units={first: 1})

    assert found("relevance") == [first, second]


def test_a_rail_shows_what_is_in_stock_and_leaves_one_out() -> None:
    category = uuid4()
    first, second, _ = (make_card(category_keys=[category], on_hand=units) for units in (1, 1, 0))

    def rail(**rule: object) -> list[int]:
        cards = queries.rail(rule=RailRule(category_key=category, **rule))  # type: ignore[arg-type]
        return [card.product_id for card in cards]

    assert rail() == [second, first]
    assert rail(limit=1) == [second]
    assert rail(except_product_id=second) == [first]


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_rails_costs_one_statement(number: int) -> None:
    cheap, dear = make_card(minor=100), make_card(minor=900)
    rules = [RailRule(sort="price"), RailRule(sort="-price"), RailRule(sort="newest", limit=1)]

    with counted() as statements:
        rails = queries.rails(rules=rules[:number])

    shown = [[card.product_id for card in rail] for rail in rails]
    assert shown == [[cheap, dear], [dear, cheap], [dear]][:number]
    assert len(statements) == 1
    assert queries.rails(rules=[]) == []


def test_categories_are_counted_in_one_statement() -> None:
    mugs, jugs, empty = uuid4(), uuid4(), uuid4()
    make_card(category_keys=[mugs, jugs])
    make_card(category_keys=[mugs])

    with counted() as statements:
        counts = queries.counts_by_category(keys=[mugs, jugs, empty])

    assert counts == {mugs: 2, jugs: 1, empty: 0}
    assert len(statements) == 1


def test_the_sitemap_reads_in_slices() -> None:
    first, second = make_card(), make_card()

    entries = queries.sitemap_entries()

    assert len(entries) == 2
    assert [entry.path for entry in entries[0:1]] == [f"/sellers/acme/{first}/"]
    assert (entries[1].path, entries[1].image_url, entries[1].title) == (
        f"/sellers/acme/{second}/",
        "/media/mug.webp",
        "Blue mug",
    )


def test_other_languages_and_currencies_are_other_shelves() -> None:
    make_card()
    Card.objects.update(currency="EUR")

    assert found() == []
    assert len(queries.page(filter=CardFilter(), currency="EUR").cards) == 1
    assert queries.page(filter=CardFilter(), currency="EUR", locale="de").cards == []
