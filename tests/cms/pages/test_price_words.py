"""What a product page says of reductions and of prices for many."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from commerce.catalog import queries as catalog
from commerce.kernel import clock
from commerce.pricing import operations as pricing
from commerce.pricing.operations import ListPriceInput, PriceListInput
from tests.factories.pricing import set_price
from tests.factories.shopfront import on_show

pytestmark = pytest.mark.django_db


def mug() -> tuple[str, int, int]:
    """A product's address, variant and seller."""
    page = on_show("Blue mug", variants=[((), 1000, 9)])
    (variant,) = catalog.variants_of(product_ids=[page.product_id])[page.product_id]
    return page.url, variant.id, variant.seller_id


def add_list(seller_id: int, variant_id: int, *prices: tuple[int, int]) -> None:
    pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=seller_id,
            name="List",
            currency="USD",
            starts_at=clock.now() - timedelta(hours=1),
            prices=[
                ListPriceInput(variant_id=variant_id, min_quantity=count, amount_minor=amount)
                for count, amount in prices
            ],
        )
    )


def shown(address: str) -> str:
    page = Client().get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_reduction_names_the_lowest_price_of_the_thirty_days_before() -> None:
    address, variant_id, _ = mug()
    set_price(variant_id, 800)
    set_price(variant_id, 1100)
    set_price(variant_id, 900, compare_at=1500)

    assert "Lowest price of the 30 days before the reduction: $8.00" in shown(address)


def test_without_a_reduction_nothing_is_said() -> None:
    address, variant_id, _ = mug()
    set_price(variant_id, 800)
    set_price(variant_id, 900)

    assert "Lowest price" not in shown(address)


def test_prices_for_many_are_named_from_which_quantity_on() -> None:
    address, variant_id, seller_id = mug()
    add_list(seller_id, variant_id, (10, 900), (50, 750))

    assert "From 10 pieces $9.00 each, From 50 pieces $7.50 each" in shown(address)


def test_one_price_for_all_quantities_needs_no_words() -> None:
    address, *_ = mug()

    assert "pieces" not in shown(address)


@pytest.mark.parametrize(
    ("included", "words"),
    [(True, "Includes tax."), (False, "Plus tax, which depends on where it is sent.")],
)
def test_a_page_says_whether_its_price_holds_the_tax(settings, included: bool, words: str) -> None:
    settings.PRICES_INCLUDE_TAX = included
    address, *_ = mug()

    assert words in shown(address)
