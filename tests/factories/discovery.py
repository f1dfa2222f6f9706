"""Cards, fed as facts would feed them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from commerce.catalog import operations as catalog
from commerce.discovery import operations
from commerce.discovery.models import Card
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


def make_cards(count: int, *, category_keys: Sequence[UUID] = ()) -> None:
    """Many cards at once, of products that do not exist: for listings, which read nothing else."""
    now = datetime.now(tz=UTC)
    Card.objects.bulk_create(
        Card(
            product_id=1_000_000 + number,
            locale="en",
            currency="USD",
            title=f"Mug {number}",
            path=f"/sellers/acme/mug-{number}/",
            image={"src": "/media/mug.webp", "width": 400, "height": 400, "alt": "A mug"},
            seller_id=1,
            seller_name="Acme",
            seller_path="/sellers/acme/",
            price_minor=1000 + number,
            category_keys=list(category_keys),
            published_at=now,
        )
        for number in range(count)
    )
