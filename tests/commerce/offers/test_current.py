import pytest

from commerce.catalog import operations as catalog
from commerce.kernel.money import Money
from commerce.offers import queries
from commerce.pricing.models import Price
from commerce.sellers.models import Seller
from tests.factories.cart import make_sellable, product_of
from tests.factories.catalog import make_variants
from tests.factories.inventory import stock_up
from tests.factories.pricing import set_price
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def refusal_of(variant_id: int) -> str | None:
    return queries.current(variant_ids=[variant_id], currency="USD")[variant_id].refusal


def test_an_offer_says_all_a_cart_line_needs() -> None:
    variant_id = make_sellable(minor=1250, on_hand=4, sku="BLUE")
    set_price(variant_id, 1250, compare_at=1500)

    offer = queries.current(variant_ids=[variant_id, 0], currency="USD")[variant_id]

    assert offer.is_sellable
    assert (offer.title, offer.sku, offer.options_text) == ("Blue mug", "BLUE", "blue")
    assert (offer.price, offer.compare_at) == (Money(1250, "USD"), Money(1500, "USD"))
    assert (offer.available, offer.low, offer.weight_grams) == (4, True, 300)
    assert offer.tax_class == "standard"
    assert offer.image["src"] == "/media/mug.webp"
    assert offer.path == f"/sellers/acme/{offer.product_id}/"
    assert offer.seller_path.startswith("/sellers/shop-")


def test_unknown_variants_are_left_out() -> None:
    assert queries.current(variant_ids=[0], currency="USD") == {}
    assert queries.current(variant_ids=[], currency="USD") == {}


def test_a_withdrawn_page_takes_it_off_sale() -> None:
    variant_id = make_sellable()
    catalog.withdraw_listing(product_id=product_of(variant_id), locale="en")

    assert refusal_of(variant_id) == "withdrawn"


def test_an_archived_product_is_withdrawn() -> None:
    variant_id = make_sellable()
    catalog.archive_product(product_id=product_of(variant_id))

    assert refusal_of(variant_id) == "withdrawn"


def test_a_deactivated_variant_is_withdrawn() -> None:
    variant_id = make_sellable()
    catalog.set_variants(product_id=product_of(variant_id), variants=[])

    assert refusal_of(variant_id) == "withdrawn"


def test_a_suspended_seller_is_away() -> None:
    variant_id = make_sellable()
    Seller.objects.update(state="suspended")

    assert refusal_of(variant_id) == "seller-away"


def test_without_a_price_in_the_currency_it_is_not_sold() -> None:
    variant_id = make_sellable()
    Price.objects.all().delete()

    assert refusal_of(variant_id) == "no-price"


def test_what_others_hold_is_not_for_sale() -> None:
    variant_id = make_sellable(on_hand=1)
    run_sql(
        "INSERT INTO inventory_reservation"
        " (stock_id, holder, quantity, state, extended, expires_at)"
        " SELECT id, 'x', 1, 'active', false, now() + interval '5 minutes' FROM inventory_stock"
    )

    assert refusal_of(variant_id) == "sold-out"


def test_a_variant_without_any_stock_row_is_sold_out() -> None:
    variant_id = make_sellable()
    product_id = product_of(variant_id)
    ids = make_variants(product_id=product_id, skus=["NEW"])
    set_price(ids["NEW"], 100)

    assert refusal_of(ids["NEW"]) == "sold-out"


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_variants_costs_four_statements(number: int) -> None:
    ids = [make_sellable() for _ in range(number)]

    with counted() as statements:
        offers = queries.current(variant_ids=ids, currency="USD")

    assert len(offers) == number
    assert len(statements) == 4


@pytest.mark.parametrize("number", [1, 3])
def test_the_offers_of_products_cost_four_statements(number: int) -> None:
    products = [product_of(make_sellable()) for _ in range(number)]

    with counted() as statements:
        offers = queries.of_products(product_ids=products, currency="USD")

    assert [len(offers[product_id]) for product_id in products] == [1] * number
    assert len(statements) == 4


def test_a_products_offers_follow_the_sellers_order() -> None:
    variant_id = make_sellable(sku="ZED")
    ids = make_variants(product_id=product_of(variant_id), skus=["ZED", "ARC"])
    set_price(ids["ARC"], 900)
    stock_up(ids["ARC"], 2)

    offers = queries.of_product(product_id=product_of(variant_id), currency="USD")

    assert [(offer.sku, offer.refusal) for offer in offers] == [("ZED", None), ("ARC", None)]
    assert queries.of_product(product_id=0, currency="USD") == []
