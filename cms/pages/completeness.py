"""What a product page must have before a shopper may see it."""

from collections.abc import Iterable, Mapping
from html import unescape

from django.conf import settings
from django.utils.html import strip_tags

from commerce.catalog import queries as catalog
from commerce.pricing import queries as pricing
from commerce.sellers import queries as sellers

MAX_TITLE = 100
MAX_IMAGES = 10
MAX_DESCRIPTION = 2_000


def text_length(html: str) -> int:
    """Return how many characters of rich text a reader sees."""
    return len(unescape(strip_tags(html)).strip())


def problems_of_words(*, title: str, description: str) -> dict[str, str]:
    """Return what is wrong with words in any state of a page, by field."""
    problems = {}
    if len(title) > MAX_TITLE:
        problems["title"] = f"Shorten the title to {MAX_TITLE} characters; it has {len(title)}."
    if (length := text_length(description)) > MAX_DESCRIPTION:
        problems["description"] = (
            f"Shorten the description to {MAX_DESCRIPTION:,} characters; it has {length:,}."
        )
    return problems


def lacking(
    *,
    description: str,
    pictures: Iterable[Mapping[str, object]],
    has_category: bool,
) -> dict[str, str]:
    """Return what a page still needs from its editor, by field; empty when nothing."""
    pictures = list(pictures)
    problems = {}
    if not text_length(description):
        problems["description"] = "Write a description before publishing."
    if not pictures:
        problems["gallery"] = "Add at least one picture before publishing."
    elif len(pictures) > MAX_IMAGES:
        problems["gallery"] = f"Keep at most {MAX_IMAGES} pictures; there are {len(pictures)}."
    elif not all(str(picture.get("alt") or "").strip() for picture in pictures):
        problems["gallery"] = "Describe every picture for those who cannot see it."
    if not has_category:
        problems["categories"] = "Choose at least one category before publishing."
    return problems


def unsellable(*, product_id: int | None) -> str:
    """Return why a product cannot be sold yet, or nothing."""
    if product_id is None:
        return "This page has no product. Create it under the seller's products first."
    product = catalog.products(product_ids=[product_id])[product_id]
    if message := away(seller_id=product.seller_id):
        return message
    variants = catalog.variants_of(product_ids=[product_id]).get(product_id, [])
    if not variants:
        return "Add at least one SKU to the product before publishing."
    prices = pricing.prices_of(
        variant_ids=[variant.id for variant in variants], currency=settings.BASE_CURRENCY
    )
    if not prices:
        return "Give at least one SKU a price before publishing."
    return ""


def away(*, seller_id: int | None) -> str:
    """Return why nothing of a seller may be shown now, or nothing."""
    if seller_id is None or sellers.sellers(seller_ids=[seller_id])[seller_id].is_active:
        return ""
    return "This seller is suspended. Nothing of it goes live until it is reinstated."
