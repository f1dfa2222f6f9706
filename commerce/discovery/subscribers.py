"""What discovery hears. Each reads the state again, so order and repetition do not matter."""

from collections import Counter

from commerce.catalog import events as catalog
from commerce.catalog import queries as catalog_queries
from commerce.inventory import events as inventory
from commerce.orders import events as orders
from commerce.orders import queries as order_queries
from commerce.outbox.facts import subscribe
from commerce.pricing import events as pricing
from commerce.sellers import events as sellers

from . import operations


@subscribe(catalog.ListingPublished)
def show_listing(fact: catalog.ListingPublished) -> None:
    operations.refresh(product_ids=[fact.product_id])


@subscribe(catalog.ListingWithdrawn)
def hide_listing(fact: catalog.ListingWithdrawn) -> None:
    operations.refresh(product_ids=[fact.product_id])


@subscribe(catalog.ProductChanged)
def follow_product(fact: catalog.ProductChanged) -> None:
    operations.refresh(product_ids=[fact.product_id])


@subscribe(catalog.ProductArchived)
def drop_product(fact: catalog.ProductArchived) -> None:
    operations.refresh(product_ids=[fact.product_id])


@subscribe(pricing.PricesChanged)
def follow_prices(fact: pricing.PricesChanged) -> None:
    operations.refresh_variants(variant_ids=fact.variant_ids)


@subscribe(inventory.StockChanged)
def follow_stock(fact: inventory.StockChanged) -> None:
    operations.refresh_variants(variant_ids=fact.variant_ids)


@subscribe(sellers.SellerSuspended)
def hide_seller(fact: sellers.SellerSuspended) -> None:
    operations.refresh_seller(seller_id=fact.seller_id)


@subscribe(sellers.SellerReinstated)
def show_seller(fact: sellers.SellerReinstated) -> None:
    operations.refresh_seller(seller_id=fact.seller_id)


@subscribe(sellers.SellerRenamed)
def follow_seller(fact: sellers.SellerRenamed) -> None:
    operations.refresh_seller(seller_id=fact.seller_id)


@subscribe(orders.OrderConfirmed)
def count_sale(fact: orders.OrderConfirmed) -> None:
    """Count what was sold; the delivery runs this once per order."""
    order = order_queries.orders(order_ids=[fact.order_id])[fact.order_id]
    lines = [line for part in order.seller_orders for line in part.lines]
    variants = catalog_queries.variants(variant_ids=[line.variant_id for line in lines])
    units: Counter[int] = Counter()
    for line in lines:
        units[variants[line.variant_id].product_id] += line.quantity
    operations.count_sales(units=units)
