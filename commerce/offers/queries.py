"""What can be bought now: the one place that decides it.

Sellable means a live page, an active product and variant, an active seller, a
price and free stock. Any number of variants costs four statements.
"""

from collections.abc import Iterable

from commerce.catalog import queries as catalog
from commerce.catalog.types import SaleData
from commerce.inventory import queries as inventory
from commerce.inventory.types import PREORDER, Availability
from commerce.kernel.money import Money
from commerce.pricing import queries as pricing
from commerce.pricing.types import PriceData
from commerce.sellers import queries as sellers
from commerce.sellers.types import SellerData

from .showing import as_shown, holds_lowest_price_rule
from .types import Offer, Refusal

__all__ = ["as_shown", "current", "holds_lowest_price_rule", "of_product", "of_products"]

_NOTHING = Availability(on_hand=0, reserved=0, available=0, low_at=0)


def current(
    *, variant_ids: Iterable[int], currency: str, locale: str = "en", user_id: int | None = None
) -> dict[int, Offer]:
    """Return today's offer of each variant, sellable or not; unknown ids are left out.

    Prices for groups of customers count for `user_id` alone.
    """
    wanted = list(variant_ids)
    if not wanted:
        return {}
    found = catalog.sale_data(variant_ids=wanted, locale=locale)
    return {offer.variant_id: offer for offer in _offers(found, currency, user_id)}


def of_product(
    *, product_id: int, currency: str, locale: str = "en", user_id: int | None = None
) -> list[Offer]:
    """Return the offers of a product's active variants in the seller's order."""
    return _offers(catalog.sale_data(product_ids=[product_id], locale=locale), currency, user_id)


def of_products(
    *,
    product_ids: Iterable[int],
    currency: str,
    locale: str = "en",
    user_id: int | None = None,
) -> dict[int, list[Offer]]:
    """Return the offers of many products, each in its seller's order."""
    wanted = list(product_ids)
    grouped: dict[int, list[Offer]] = {product_id: [] for product_id in wanted}
    found = catalog.sale_data(product_ids=wanted, locale=locale)
    for offer in _offers(found, currency, user_id):
        grouped[offer.product_id].append(offer)
    return grouped


def _offers(found: list[SaleData], currency: str, user_id: int | None = None) -> list[Offer]:
    if not found:
        return []
    ids = [row.variant_id for row in found]
    shops = sellers.sellers(seller_ids={row.seller_id for row in found})
    prices = pricing.offered_prices(variant_ids=ids, currency=currency, user_id=user_id)
    stock = inventory.available(variant_ids=ids)
    return [
        _offer(
            row,
            shops[row.seller_id],
            prices.get(row.variant_id),
            stock.get(row.variant_id, _NOTHING),
            currency,
        )
        for row in found
    ]


def _offer(
    row: SaleData, seller: SellerData, price: PriceData | None, stock: Availability, currency: str
) -> Offer:
    return Offer(
        variant_id=row.variant_id,
        product_id=row.product_id,
        seller_id=row.seller_id,
        sku=row.sku,
        title=row.title,
        option_values=row.option_values,
        path=row.path,
        image=row.image,
        price=price.amount if price else Money.zero(currency),
        compare_at=_before(price, seller) if price else None,
        available=max(stock.available, 0),
        in_stock=stock.in_stock,
        expected_on=stock.expected_on,
        is_preorder=stock.kind == PREORDER,
        cart_hold_minutes=stock.cart_hold_minutes,
        low=stock.is_low,
        weight_grams=row.weight_grams,
        tax_class=row.tax_class,
        refusal=_refusal(row, seller, price, stock),
        seller_name=seller.name,
        seller_path=f"/sellers/{seller.slug}/",
        seller_country=seller.country,
        category_keys=row.category_keys,
        tiers=price.tiers if price else (),
        lowest_before=price.lowest_before if price else None,
        ordinary=price.ordinary if price else None,
    )


def _before(price: PriceData, seller: SellerData) -> Money | None:
    """What a reduced price is compared with.

    Where EU 2019/2161 holds, for its sellers or a marketplace there, that is the lowest
    price of the thirty days before the reduction, and nothing when it was not higher.
    """
    if not holds_lowest_price_rule(seller.country):
        return price.compare_at
    lowest = price.lowest_before
    return lowest if lowest and lowest.minor > price.amount.minor else None


def _refusal(
    row: SaleData, seller: SellerData, price: PriceData | None, stock: Availability
) -> Refusal | None:
    if not row.is_on_sale:
        return "withdrawn"
    if not seller.is_active:
        return "seller-away"
    if price is None:
        return "no-price"
    if stock.available <= 0:
        return "sold-out"
    return None
