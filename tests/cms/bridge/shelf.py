"""A seller with products ready to be presented."""

from typing import Any

from commerce.catalog import operations as catalog
from commerce.catalog.models import Listing
from commerce.catalog.types import VariantInput
from commerce.outbox.models import Event
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.sellers.models import Seller


def a_seller(name: str = "Acme", **fields: Any) -> Seller:
    slug = name.lower().replace(" ", "-")
    return Seller.objects.create(
        name=name, slug=slug, legal_name=f"{name} Ltd", email=f"{slug}@example.com",
        country="US", **fields,
    )  # fmt: skip


def a_product(seller: Seller, *, handle: str = "blue-mug", price: int | None = 1200) -> int:
    catalog.ensure_product_type(code="general", name="General")
    product_id = catalog.create_product(
        seller_id=seller.pk, type_code="general", handle=handle, name=handle.replace("-", " ")
    )
    ids = catalog.set_variants(
        product_id=product_id, variants=[VariantInput(sku=f"{seller.slug}-{handle}".upper())]
    )
    if price is not None:
        pricing.set_prices(
            prices=[
                PriceInput(
                    variant_id=variant_id, currency="USD", amount_minor=price,
                    compare_at_minor=None,
                )
                for variant_id in ids.values()
            ]
        )  # fmt: skip
    return product_id


def listing(product_id: int, locale: str = "en") -> Listing | None:
    return Listing.objects.filter(product_id=product_id, locale=locale).first()


def facts(name: str) -> int:
    return Event.objects.filter(name=name).count()
