import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from commerce.catalog import operations as catalog
from commerce.discovery import operations, queries
from commerce.discovery.models import Built, Card
from commerce.discovery.projection import summarize
from commerce.inventory import operations as inventory
from commerce.kernel.money import Money
from commerce.pricing.models import Price
from commerce.sellers.models import Seller
from tests.factories.cart import make_sellable, product_of
from tests.factories.catalog import make_product, make_variants
from tests.factories.discovery import make_card
from tests.factories.inventory import stock_up
from tests.factories.pricing import set_price
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def test_a_card_says_what_its_owners_say() -> None:
    category = uuid4()
    product_id = make_card("Blue mug", minor=1250, brand="Acme", category_keys=[category])

    card = queries.cards(product_ids=[product_id])[product_id]

    assert (card.title, card.path, card.brand) == (
        "Blue mug",
        f"/sellers/acme/{product_id}/",
        "Acme",
    )
    assert card.image["src"] == "/media/mug.webp"
    assert (card.price, card.compare_at, card.price_varies) == (Money(1250, "USD"), None, False)
    assert card.seller_path == f"/sellers/{Seller.objects.get().slug}/"
    assert (card.in_stock, card.variants_summary) == (True, "")
    assert Card.objects.get().category_keys == [category]


def test_the_price_is_the_lowest_that_can_be_bought() -> None:
    product_id = make_product(listed=True, options=["Size"])
    small, medium, large = make_variants(product_id=product_id, skus=["S", "M", "L"]).values()
    set_price(small, 500)
    set_price(medium, 700, compare_at=900)
    set_price(large, 800)
    stock_up(medium, 1)
    stock_up(large, 1)

    operations.refresh(product_ids=[product_id])

    card = queries.cards(product_ids=[product_id])[product_id]
    assert (card.price, card.compare_at) == (Money(700, "USD"), Money(900, "USD"))
    assert (card.price_varies, card.variants_summary) == (True, "3 sizes")


def test_a_sold_out_product_keeps_its_card_and_says_so() -> None:
    product_id = make_card(on_hand=0)

    card = queries.cards(product_ids=[product_id])[product_id]

    assert (card.in_stock, card.price) == (False, Money(1250, "USD"))


@pytest.mark.parametrize(
    "take_away",
    [
        lambda product_id: catalog.withdraw_listing(product_id=product_id, locale="en"),
        lambda product_id: catalog.archive_product(product_id=product_id),
        lambda product_id: catalog.set_variants(product_id=product_id, variants=[]),
        lambda product_id: Price.objects.all().delete(),
        lambda product_id: Seller.objects.update(state="suspended"),
    ],
)
def test_what_cannot_be_shown_has_no_card(take_away: object) -> None:
    product_id = make_card()
    take_away(product_id)  # type: ignore[operator]

    operations.refresh(product_ids=[product_id])

    assert queries.cards(product_ids=[product_id]) == {}


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_products_costs_eight_statements(number: int) -> None:
    products = [product_of(make_sellable()) for _ in range(number)]

    with counted() as statements:
        operations.refresh(product_ids=products)

    assert len(statements) == 8
    assert Card.objects.count() == number


def test_a_draft_costs_three_statements() -> None:
    product_id = make_product()

    with counted() as statements:
        operations.refresh(product_ids=[product_id])

    assert len(statements) == 3


def test_cards_that_disappear_cost_one_statement_together() -> None:
    products = [make_card() for _ in range(3)]
    for product_id in products[1:]:
        catalog.withdraw_listing(product_id=product_id, locale="en")

    with counted() as statements:
        operations.refresh(product_ids=products)

    assert len(statements) == 9
    assert list(Card.objects.values_list("product_id", flat=True)) == products[:1]


def test_a_card_that_says_the_same_is_left_alone() -> None:
    product_id = make_card()
    Card.objects.update(updated_at=Now() - timedelta(days=1), popularity=7)
    before = Card.objects.values().get()

    operations.refresh(product_ids=[product_id])

    assert Card.objects.values().get() == before


def test_popularity_survives_a_change() -> None:
    product_id = make_card()
    operations.count_sales(units={product_id: 3})
    set_price(Price.objects.get().variant_id, 999)

    operations.refresh(product_ids=[product_id])

    card = Card.objects.get()
    assert (card.popularity, card.price_minor) == (3, 999)


def test_a_rebuild_writes_what_is_missing_and_drops_what_is_gone() -> None:
    products = [make_card() for _ in range(3)]
    Card.objects.filter(product_id=products[0]).delete()
    Card.objects.filter(product_id=products[1]).update(title="Nonsense", product_id=10**9)
    said = io.StringIO()

    call_command("rebuild_discovery", stdout=said)

    titles = Card.objects.order_by("product_id").values_list("product_id", "title")
    assert list(titles) == [(product_id, "Blue mug") for product_id in products]
    assert "3 products: cards are up to date." in said.getvalue()


def test_a_rebuild_walks_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "BATCH", 2)
    for _ in range(3):
        make_card()

    assert list(operations.rebuild()) == [2, 3]


def test_a_variants_product_and_a_seller_are_refreshed() -> None:
    product_id = make_card(on_hand=1)
    variant_id = Price.objects.get().variant_id
    inventory.reserve(holder="x", quantities={variant_id: 1})
    operations.refresh_variants(variant_ids=[variant_id])
    seen = [queries.cards(product_ids=[product_id])[product_id].in_stock]
    Seller.objects.update(name="Renamed", slug="renamed")
    operations.refresh_seller(seller_id=Seller.objects.get().pk)

    card = queries.cards(product_ids=[product_id])[product_id]
    assert seen == [False]
    assert (card.seller_name, card.seller_path) == ("Renamed", "/sellers/renamed/")


@pytest.mark.parametrize(
    ("options", "values", "expected"),
    [
        ([], [[]], ""),
        (["Title"], [["Default Title"]], ""),
        (["Color", "Size"], [["Red", "S"], ["Blue", "S"]], "2 colors"),
        (["Color", "Size"], [["Red", "S"], ["Blue", "M"]], "2 colors, 2 sizes"),
        (["Capacity", "Finish"], [["1", "a"], ["2", "b"]], "2 capacities, 2 finishes"),
        (["Tray"], [["1"], ["2"]], "2 trays"),
    ],
)
def test_choice_is_summed_up(options: list[str], values: list[list[str]], expected: str) -> None:
    assert summarize(options, values) == expected


def test_a_change_of_currencies_rebuilds_the_listings_by_itself_and_once(settings: Any) -> None:
    for _ in operations.rebuild():
        pass
    assert not operations.follow_currencies()
    product = make_card()
    set_price(Price.objects.get().variant_id, 1190, currency="EUR")

    settings.CURRENCIES = ["USD", "EUR"]
    assert operations.follow_currencies()
    assert Card.objects.filter(product_id=product, currency="EUR").exists()
    assert not operations.follow_currencies()

    settings.CURRENCIES = ["USD"]
    assert operations.follow_currencies()
    assert not Card.objects.filter(currency="EUR").exists()
    assert Card.objects.filter(product_id=product, currency="USD").exists()


def test_what_somebody_rebuilds_is_left_to_them_until_they_are_silent() -> None:
    operations.follow_currencies()
    Built.objects.update(currencies="", begun_at=Now())
    assert not operations.follow_currencies()

    Built.objects.update(begun_at=Now() - timedelta(minutes=16))
    assert operations.follow_currencies()
