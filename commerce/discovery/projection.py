"""What a card says, computed from what its owners say now."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from commerce.catalog import queries as catalog
from commerce.catalog.types import ListingData, ProductData
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from .words import joined, sku_words


@dataclass(frozen=True, kw_only=True)
class CardRow:
    """One row to be written; the words feed the search vector."""

    product_id: int
    title: str
    path: str
    image: dict[str, Any]
    seller_id: int
    seller_name: str
    seller_path: str
    brand: str
    price_minor: int
    price_varies: bool
    compare_at_minor: int | None
    in_stock: bool
    variants_summary: str
    category_keys: list[str]
    published_at: str
    title_words: str
    brand_words: str
    other_words: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def rows_for(*, product_ids: Iterable[int], locale: str, currency: str) -> list[CardRow]:
    """Return the cards of those products that can be shown, in six statements."""
    listings = {
        product_id: listing
        for product_id, listing in catalog.listings(product_ids=product_ids, locale=locale).items()
        if listing.is_live
    }
    if not listings:  # drafts change most often and show nothing
        return []
    products = catalog.products(product_ids=listings)
    offered = offers.of_products(product_ids=listings, currency=currency, locale=locale)
    rows = (
        _row(products[product_id], listing, offered[product_id])
        for product_id, listing in listings.items()
    )
    return [row for row in rows if row is not None]


def _row(product: ProductData, listing: ListingData, offered: Sequence[Offer]) -> CardRow | None:
    """A sold-out product keeps its card; one without a price or off sale has none."""
    shown = [offer for offer in offered if offer.refusal in (None, "sold-out")]
    if not shown:
        return None
    buyable = [offer for offer in shown if offer.is_sellable]
    cheapest = min(buyable or shown, key=lambda offer: offer.price.minor)
    return CardRow(
        product_id=product.id,
        title=listing.title,
        path=listing.path,
        image=listing.image,
        seller_id=product.seller_id,
        seller_name=cheapest.seller_name,
        seller_path=cheapest.seller_path,
        brand=product.brand,
        price_minor=cheapest.price.minor,
        price_varies=len({offer.price.minor for offer in buyable or shown}) > 1,
        compare_at_minor=cheapest.compare_at.minor if cheapest.compare_at else None,
        in_stock=bool(buyable),
        variants_summary=summarize(product.options, [offer.option_values for offer in shown]),
        category_keys=[str(key) for key in listing.category_keys],
        published_at=listing.first_published_at.isoformat(),
        title_words=joined([listing.title]),
        brand_words=joined([product.brand]),
        other_words=f"{joined([cheapest.seller_name])} {sku_words(o.sku for o in shown)}",
    )


def summarize(options: Sequence[str], values: Iterable[Sequence[str]]) -> str:
    """Say how much choice there is: "3 colors, 5 sizes". Empty when there is none."""
    columns = list(zip(*values, strict=False))
    counted = [
        f"{len(set(column))} {_plural(option.lower())}"
        for option, column in zip(options, columns, strict=False)
        if len(set(column)) > 1
    ]
    return ", ".join(counted)[:80]


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
