"""Cards, fed as facts would feed them."""

from collections.abc import Sequence
from uuid import UUID

from commerce.catalog import operations as catalog
from commerce.discovery import operations
from tests.factories.cart import make_sellable, product_of
from tests.factories.catalog import list_product


def make_card(
    title: str = "Blue mug",
    *,
    minor: int = 1250,
    on_hand: int = 10,
    brand: str = "",
    sku: str = "",
    seller_id: int | None = None,
    category_keys: Sequence[UUID] = (),
) -> int:
    """A product on sale whose card is up to date; returns the product."""
    variant_id = make_sellable(
        seller_id=seller_id, minor=minor, on_hand=on_hand, title=title, sku=sku
    )
    product_id = product_of(variant_id)
    list_product(product_id, title=title, category_keys=category_keys)
    catalog.update_product(product_id=product_id, brand=brand)
    operations.refresh(product_ids=[product_id])
    return product_id
