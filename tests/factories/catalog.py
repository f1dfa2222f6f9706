"""Products and variants, through the operations that make them."""

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commerce.catalog import operations
from commerce.catalog.types import VariantInput
from tests.factories.sellers import make_seller

_numbers = itertools.count(1)


def make_product(*, seller_id: int | None = None, listed: bool = False, **fields: Any) -> int:
    """A product without variants; `listed` gives it a live page."""
    number = next(_numbers)
    operations.ensure_product_type(code="goods", name="Goods")
    product_id = operations.create_product(
        seller_id=seller_id or make_seller().pk,
        **{"type_code": "goods", "handle": f"mug-{number}", "name": f"Mug {number}", **fields},
    )
    if listed:
        list_product(product_id)
    return product_id


def make_variant(*, product_id: int | None = None, sku: str = "") -> int:
    """The one variant of a product, made with it when none is given."""
    sku = sku or f"MUG-{next(_numbers)}"
    return make_variants(product_id=product_id, skus=[sku])[sku]


def make_variants(*, product_id: int | None = None, skus: Sequence[str]) -> dict[str, int]:
    """Variants that differ in one option."""
    return operations.set_variants(
        product_id=product_id or make_product(),
        variants=[
            VariantInput(sku=sku, option_values=[sku.lower()], weight_grams=300, position=place)
            for place, sku in enumerate(skus)
        ],
    )


# Pages that do not exist: an invented number must not be the one of a draft.
NO_PAGE = 1_000_000_000


def list_product(
    product_id: int, *, title: str = "Blue mug", category_keys: Sequence[UUID] = ()
) -> None:
    """Put a product's page live, as the bridge does."""
    operations.publish_listing(
        product_id=product_id,
        locale="en",
        page_id=NO_PAGE + product_id,
        title=title,
        summary="A mug for the first coffee.",
        path=f"/sellers/acme/{product_id}/",
        image={"src": "/media/mug.webp", "width": 400, "height": 400, "alt": "A mug"},
        category_keys=category_keys,
    )
