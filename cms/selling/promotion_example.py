"""An example cart for a promotion that is being written: real items at today's prices."""

from typing import Any

from django.conf import settings

from commerce.catalog import queries as catalog
from commerce.catalog.models import Listing
from commerce.kernel.money import Money
from commerce.offers import queries as offers
from commerce.pricing import queries as pricing
from commerce.pricing.types import PromotionInput, QuoteLine

ITEMS = 3
EXAMPLE_SHIPPING = 500


def example(*, promotion: PromotionInput) -> dict[str, Any]:
    """Return the lines of an example cart and what the promotion takes off it.

    The first items are ones it covers; the last is any other of the same shops.
    """
    shown, currency = _items(promotion), promotion.currency or settings.BASE_CURRENCY
    found = offers.current(variant_ids=shown, currency=currency)
    chosen = [found[pk] for pk in shown if pk in found and found[pk].price]
    lines = [
        QuoteLine(
            key=offer.variant_id,
            seller_id=offer.seller_id,
            unit_minor=offer.price.minor,
            quantity=1,
            product_id=offer.product_id,
            category_keys=offer.category_keys,
        )
        for offer in chosen
    ]
    quote = pricing.preview(
        promotion=promotion,
        lines=lines,
        shipping=dict.fromkeys({line.seller_id for line in lines}, EXAMPLE_SHIPPING),
        currency=currency,
    )
    rows = [
        {
            "title": offer.title,
            "seller": offer.seller_name,
            "quantity": quote.lines[offer.variant_id].total.minor // offer.price.minor,
            "total": quote.lines[offer.variant_id].total,
            "discount": quote.lines[offer.variant_id].discount,
        }
        for offer in chosen
    ]
    taken = quote.discount + quote.shipping_discount
    return {
        "rows": rows,
        "shipping": quote.shipping,
        "shipping_discount": quote.shipping_discount,
        "before": quote.goods + quote.shipping,
        "after": quote.total,
        "taken": taken,
        "marketplace": taken if promotion.seller_id is None else Money.zero(taken.currency),
        "nothing": not taken,
    }


def _items(promotion: PromotionInput) -> list[int]:
    """A few items it covers, and one that it may not."""
    live = Listing.objects.filter(is_live=True, product__state="active").order_by("-product_id")
    if promotion.seller_id:
        live = live.filter(product__seller_id=promotion.seller_id)
    elif promotion.seller_ids:
        live = live.filter(product__seller_id__in=promotion.seller_ids)
    covered = live
    if promotion.product_ids:
        covered = live.filter(product_id__in=promotion.product_ids)
    elif promotion.category_keys:
        covered = live.filter(category_keys__overlap=list(promotion.category_keys))
    products = list(covered.values_list("product_id", flat=True)[:ITEMS])
    products += list(live.exclude(product_id__in=products).values_list("product_id", flat=True)[:1])
    variants = catalog.variants_of(product_ids=products)
    return [variants[product][0].id for product in products if variants.get(product)]
