"""What sellers are told of their stock and of the addresses that hear of it."""

from typing import Any

from commerce.catalog import queries as catalog
from commerce.hooks.events import EndpointDisabled
from commerce.inventory import queries as inventory
from commerce.inventory.events import CountDue, ShelvesRanLow, StockInaccurate, StockRanLow
from commerce.outbox.facts import subscribe
from commerce.sellers import queries as sellers

from . import operations
from .rendering import absolute

MOST_LISTED = 50


@subscribe(StockRanLow)
def tell_of_low_stock(fact: StockRanLow) -> None:
    """One mail per fall to everybody who can do something about it."""
    levels = inventory.available(variant_ids=fact.variant_ids)
    variants = catalog.variants(variant_ids=fact.variant_ids)
    products = catalog.products(product_ids={each.product_id for each in variants.values()})
    rows = [
        {
            "name": products[variant.product_id].name,
            "options": " / ".join(map(str, variant.option_values)),
            "sku": variant.sku,
            "left": levels[variant.id].in_stock,
            "low_at": levels[variant.id].low_at,
        }
        for variant in sorted(variants.values(), key=lambda each: each.sku)
        if variant.id in levels
    ]
    _tell_who_refills(fact.seller_id, rows, key=f"low-stock:{fact.notice_id}")


@subscribe(ShelvesRanLow)
def tell_of_low_shelves(fact: ShelvesRanLow) -> None:
    """The same mail, with the location of each."""
    ids = {variant_id for variant_id, _ in fact.places}
    free = inventory.free_at(variant_ids=ids)
    names = inventory.location_names(location_ids={place for _, place in fact.places})
    variants = catalog.variants(variant_ids=ids)
    products = catalog.products(product_ids={each.product_id for each in variants.values()})
    rows = [
        {
            "name": products[variants[variant_id].product_id].name,
            "options": " / ".join(map(str, variants[variant_id].option_values)),
            "sku": variants[variant_id].sku,
            "left": free.get((variant_id, place), 0),
            "place": names.get(place, ""),
        }
        for variant_id, place in fact.places
        if variant_id in variants
    ]
    rows.sort(key=lambda row: (str(row["sku"]), str(row["place"])))
    _tell_who_refills(fact.seller_id, rows, key=f"low-shelf:{fact.notice_id}")


def _tell_who_refills(seller_id: int, rows: list[dict[str, Any]], *, key: str) -> None:
    shop = sellers.sellers(seller_ids=[seller_id])[seller_id]
    count = len({row["sku"] for row in rows})
    for member in sellers.members(seller_ids=[seller_id])[seller_id]:
        if member.role == "packer":
            continue
        operations.send(
            key=f"{key}:{member.user_id}",
            kind="low_stock",
            recipient=member.email,
            subject="1 SKU runs low" if count == 1 else f"{count} SKUs run low",
            context={
                "greeting": member.first_name,
                "shop": shop.name,
                "count": count,
                "rows": rows[:MOST_LISTED],
                "more": max(len(rows) - MOST_LISTED, 0),
                "link": absolute("/admin/selling/stock/"),
            },
        )


@subscribe(EndpointDisabled)
def tell_of_disabled_address(fact: EndpointDisabled) -> None:
    """To the owners, who alone can switch it on again."""
    shop = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    for member in sellers.members(seller_ids=[fact.seller_id])[fact.seller_id]:
        if member.role != "owner":
            continue
        operations.send(
            key=f"endpoint-disabled:{fact.endpoint_id}:{fact.failing_since}:{member.user_id}",
            kind="endpoint_disabled",
            recipient=member.email,
            subject="Your system no longer hears of stock changes",
            context={
                "greeting": member.first_name,
                "shop": shop.name,
                "url": fact.url,
                "link": absolute(f"/admin/selling/stock/connections/addresses/{fact.endpoint_id}/"),
            },
        )


@subscribe(StockInaccurate)
def tell_of_inaccurate_stock(fact: StockInaccurate) -> None:
    """To those who can count again and look for the cause."""
    shop = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    found = inventory.accuracy(seller_ids=[fact.seller_id]).get(fact.seller_id)
    if found is None or not found.is_low:
        return  # counted again meanwhile
    for member in sellers.members(seller_ids=[fact.seller_id])[fact.seller_id]:
        if member.role == "packer":
            continue
        operations.send(
            key=f"stock-inaccurate:{fact.sheet_id}:{member.user_id}",
            kind="stock_inaccurate",
            recipient=member.email,
            subject=f"Only {found.text} of your stock is where the records say",
            context={
                "greeting": member.first_name,
                "shop": shop.name,
                "accuracy": found.text,
                "floor": found.floor_text,
                "wrong": found.wrong,
                "expected": found.expected,
                "link": absolute("/admin/selling/stock/counts/"),
            },
        )


@subscribe(CountDue)
def tell_of_due_count(fact: CountDue) -> None:
    """To those who see to the shelves, unless it was counted meanwhile."""
    plans = inventory.count_plans(seller_ids=[fact.seller_id])
    plan = next((each for each in plans if each.location_id == fact.location_id), None)
    if plan is None or not plan.is_due:
        return
    shop = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    said = "is overdue" if fact.overdue else "is due"
    path = f"{plan.sheet_id}/" if plan.sheet_id else ""
    for member in sellers.members(seller_ids=[fact.seller_id])[fact.seller_id]:
        if member.role == "packer":
            continue
        operations.send(
            key=f"count-due:{fact.notice_id}:{member.user_id}",
            kind="count_due",
            recipient=member.email,
            subject=f"A count of {plan.location_name} {said}",
            context={
                "greeting": member.first_name,
                "shop": shop.name,
                "place": plan.location_name,
                "every": plan.every,
                "at_once": plan.at_once,
                "last": plan.last,
                "overdue": fact.overdue,
                "days_late": plan.days_late,
                "link": absolute(f"/admin/selling/stock/counts/{path}"),
            },
        )
