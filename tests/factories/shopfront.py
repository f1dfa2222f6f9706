"""Products as shoppers meet them: a live page, variants with prices and stock, a card."""

import itertools
from collections.abc import Sequence
from typing import Any

from cms.pages.models import CategoryPage, ProductPage, SellerPage
from commerce.catalog import operations as catalog
from commerce.catalog.types import VariantInput
from commerce.discovery import operations as discovery
from tests.factories.catalog import make_product
from tests.factories.inventory import stock_up
from tests.factories.pages import a_category, a_live_page, a_seller_page, a_shop
from tests.factories.pricing import set_price
from tests.factories.sellers import make_seller

_numbers = itertools.count(1)
Variant = tuple[Sequence[str], int, int]
"""Option values, price in minor units, units in stock."""


def a_stall(name: str = "Acme") -> SellerPage:
    """A seller with its page."""
    a_shop()
    seller = make_seller(name=name)
    return a_seller_page(seller.pk, title=name, slug=seller.slug)


def on_show(
    title: str = "Blue mug",
    *,
    stall: SellerPage | None = None,
    category: CategoryPage | None = None,
    options: Sequence[str] = (),
    variants: Sequence[Variant] = (((), 1250, 10),),
    **fields: Any,
) -> ProductPage:
    """A product's live page, with everything that sells it."""
    number = next(_numbers)
    stall = stall or SellerPage.objects.first() or a_stall()
    category = category or CategoryPage.objects.first() or a_category()
    product_id = make_product(
        seller_id=stall.seller_id, options=list(options), specifications=[["Material", "Clay"]]
    )
    ids = catalog.set_variants(
        product_id=product_id,
        variants=[
            VariantInput(
                sku=f"P{number}-{place}",
                option_values=list(values),
                weight_grams=300,
                position=place,
            )
            for place, (values, _, _) in enumerate(variants)
        ],
    )
    for place, (_, minor, units) in enumerate(variants):
        set_price(ids[f"P{number}-{place}"], minor)
        stock_up(ids[f"P{number}-{place}"], units)
    page = a_live_page(
        product_id,
        parent=stall,
        title=title,
        slug=f"product-{number}",
        categories=[category],
        **fields,
    )
    discovery.refresh(product_ids=[product_id])
    return page
