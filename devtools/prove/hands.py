"""What the rig does inside the shop, each in a process of its own. Public operations only."""

from __future__ import annotations

from typing import Any


def check_invariants() -> list[dict[str, Any]]:
    """Every rule with its count, including those that hold."""
    from commerce.invariants import queries

    return [
        {"code": result.code, "rule": result.rule, "violations": result.violations}
        for result in queries.check_all()
    ]


def set_stock(*, counts: list[list[int]]) -> None:
    from commerce.inventory import operations

    for variant_id, location_id, on_hand in counts:
        operations.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=on_hand, cause="drill"
        )


def adjust_stock(*, variant_id: int, location_id: int, delta: int) -> bool:
    """Change a count as a seller does; False when more is promised than would be left."""
    from commerce.inventory import operations

    try:
        operations.adjust(
            variant_id=variant_id, location_id=location_id, delta=delta, cause="recount"
        )
    except (operations.BelowReserved, operations.NegativeStock):
        return False
    return True


def owe_bulk(*, count: int, together: int = 500) -> None:
    """Owe a crowd a mail each, of a kind that may wait."""
    from django.db import transaction

    from commerce.notifications import operations

    row = {"name": "Mug", "options": "", "sku": "DRILL-1-0", "left": 1, "low_at": 2}
    context = {"greeting": "You", "shop": "Drill", "count": 1, "rows": [row], "more": 0}
    for first in range(0, count, together):
        with transaction.atomic():
            for number in range(first, min(first + together, count)):
                operations.send(
                    key=f"bulk:{number}", kind="low_stock", subject="1 SKU runs low",
                    recipient=f"crowd{number}@prove.example", context={**context, "link": "/"},
                )  # fmt: skip


def set_price(*, variant_id: int, minor: int) -> None:
    from commerce.pricing import operations
    from commerce.pricing.types import PriceInput

    operations.set_prices(
        prices=[
            PriceInput(
                variant_id=variant_id, currency="USD", amount_minor=minor, compare_at_minor=None
            )
        ]
    )


def promote(*, seconds: float) -> None:
    """Take a tenth off everything, until so many seconds from now by the database's clock."""
    from datetime import timedelta

    from commerce.kernel import clock
    from commerce.pricing import operations
    from commerce.pricing.types import PromotionInput

    ends_at = clock.now() + timedelta(seconds=seconds)
    operations.save_promotion(
        promotion=PromotionInput(
            label="A tenth off", kind="percentage", percent_bps=1000, ends_at=ends_at
        )
    )


def midnights() -> list[str]:
    """Enter promotions that end at midnight of a zone, in nights that last 23, 24 or 25 hours or
    are a leap day's, as staff do; then turn the night into now. Returns what was wrong."""
    from devtools.prove import nights

    return nights.check()


def connect_sellers() -> dict[str, int]:
    """Open an account at the provider for every seller; returns them by account."""
    from commerce.payouts import operations
    from commerce.sellers.models import Seller

    for seller_id in list(Seller.objects.values_list("pk", flat=True)):
        operations.connect_account(
            seller_id=seller_id, refresh_url="http://127.0.0.1/r", return_url="http://127.0.0.1/"
        )
    return {str(seller.stripe_account_id): seller.pk for seller in Seller.objects.all()}


def refresh_accounts(*, accounts: list[str]) -> None:
    from commerce.payouts import operations

    for account in accounts:
        operations.refresh_account(account_id=account)


def deliver_everything() -> int:
    """Send every confirmed part in one parcel and let it arrive."""
    from commerce.fulfillment import operations
    from commerce.orders.models import SellerOrder

    parts = list(SellerOrder.objects.filter(state="confirmed"))
    for part in parts:
        shipment_id = operations.ship(
            seller_id=part.seller_id,
            seller_order_id=part.pk,
            carrier_code="usps",
            tracking_number=f"94001{part.pk:09d}",
        )
        operations.deliver(seller_id=part.seller_id, shipment_id=shipment_id)
    return len(parts)


def pay_out() -> int:
    """What beat does for payouts: gather what is due, and send what was gathered."""
    from commerce.payouts import operations, queries, tasks

    tasks.run_schedule()
    due = queries.due_payouts(limit=100)
    for payout_id in due:
        operations.send(payout_id=payout_id)
    return len(due)


def replay() -> dict[str, Any]:
    """Add every account up from its entries, and walk every order's history from its beginning."""
    from collections import defaultdict

    from django.db import connection

    from commerce.ledger import queries as ledger

    differences = []
    totals: dict[tuple[str, str], int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.code, a.currency, e.amount_minor FROM ledger_entry e"
            " JOIN ledger_account a ON a.id = e.account_id ORDER BY e.id"
        )
        for code, currency, amount in cursor.fetchall():
            totals[code, currency] += amount
        for (code, currency), amount in totals.items():
            said = ledger.balance(code=code, currency=currency)
            if said != amount:
                differences.append(f"{code}: {said} told, {amount} added up")
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'orders_orderevent'"
        )
        columns = {name for (name,) in cursor.fetchall()}
        part = "seller_order_id" if "seller_order_id" in columns else "NULL"
        cursor.execute(
            f"SELECT order_id, {part}, from_state, to_state FROM orders_orderevent ORDER BY id"
        )
        walked: dict[tuple[int, int | None], str | None] = {}
        for order_id, part_id, before, after in cursor.fetchall():
            at = walked.get((order_id, part_id), "")
            if before != at:
                differences.append(f"order {order_id}: a step from {before!r} while at {at!r}")
            walked[order_id, part_id] = after
        cursor.execute("SELECT id, NULL, state FROM orders_order")
        states = cursor.fetchall()
        cursor.execute("SELECT order_id, id, state FROM orders_sellerorder")
        states += cursor.fetchall() if part != "NULL" else []
    for order_id, part_id, state in states:
        if walked.get((order_id, part_id)) != state:
            at = walked.get((order_id, part_id))
            differences.append(f"order {order_id}/{part_id}: {state}, its history ends at {at}")
    return {"accounts": len(totals), "histories": len(states), "differences": differences}


def race_endings(
    *, variant_id: int, location_id: int, repetitions: int, seed: int, guarded: bool
) -> dict[str, Any]:
    """Let one hold be paid, given back, swept and recounted at the same instant, many times."""
    from devtools.prove import endings

    return endings.race(
        variant_id=variant_id, location_id=location_id, repetitions=repetitions,
        seed=seed, guarded=guarded,
    )  # fmt: skip
