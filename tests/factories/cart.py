"""Goods that can be bought, and carts that hold them."""

from commerce.cart import operations
from commerce.catalog import queries as catalog
from tests.factories.catalog import list_product, make_product, make_variant
from tests.factories.inventory import stock_up
from tests.factories.pricing import set_price


def make_sellable(
    *,
    seller_id: int | None = None,
    minor: int = 1250,
    on_hand: int = 10,
    title: str = "Blue mug",
    sku: str = "",
) -> int:
    """A variant on sale: live page, price and stock."""
    product_id = make_product(seller_id=seller_id)
    variant_id = make_variant(product_id=product_id, sku=sku)
    list_product(product_id, title=title)
    set_price(variant_id, minor)
    stock_up(variant_id, on_hand)
    return variant_id


def make_cart(quantities: dict[int, int] | None = None, *, user_id: int | None = None) -> str:
    """An open cart with these variants and quantities; returns its token."""
    token = operations.open_cart(user_id=user_id, currency="USD")
    for variant_id, quantity in (quantities or {}).items():
        operations.add(token=token, variant_id=variant_id, quantity=quantity)
    return token


def product_of(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].product_id
