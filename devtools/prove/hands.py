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


def import_stock(*, variant_id: int, location_id: int, delta: int) -> bool:
    """The same by a file that states a count; False when it may not be so low."""
    from django.db import transaction

    from commerce.inventory import operations
    from commerce.inventory.models import Stock
    from commerce.inventory.types import StockInput

    with transaction.atomic():
        rows = Stock.objects.select_for_update().filter(location_id=location_id)
        count = rows.get(variant_id=variant_id).on_hand + delta
        if count < 0:
            return False
        line = StockInput(variant_id=variant_id, location_id=location_id, on_hand=count)
        try:
            with transaction.atomic():
                operations.set_many(counts=[line], cause="import", kind="imported")
        except operations.BelowReserved:
            return False
    return True


def second_warehouse(*, variant_id: int, on_hand: int) -> None:
    """Keep some units of a variant elsewhere as well."""
    from commerce.catalog.models import Variant
    from commerce.inventory import operations

    seller_id = Variant.objects.get(pk=variant_id).product.seller_id
    place = operations.ensure_location(seller_id=seller_id, name="Second", country="US")
    operations.set_on_hand(
        variant_id=variant_id, location_id=place, on_hand=on_hand, cause="opening count"
    )


def owe_bulk(*, begin: int, end: int, together: int = 500) -> None:
    """Owe a crowd a mail each, from this number up to that, of a kind that may wait."""
    from django.db import transaction

    from commerce.notifications import operations

    row = {"name": "Mug", "options": "", "sku": "DRILL-1-0", "left": 1, "low_at": 2}
    context = {"greeting": "You", "shop": "Drill", "count": 1, "rows": [row], "more": 0}
    for first in range(begin, end, together):
        with transaction.atomic():
            for number in range(first, min(first + together, end)):
                operations.send(
                    key=f"bulk:{number}", kind="low_stock", subject="1 SKU runs low",
                    recipient=f"crowd{number}@prove.example", context={**context, "link": "/"},
                )  # fmt: skip


def owe_mails(*, begin: int, end: int) -> None:
    """Owe a mail each that is nudged at once, from this number up to that."""
    from commerce.notifications import operations

    context = {"headline": "Drill", "lines": ["A line"], "more": 0, "link": "/"}
    for number in range(begin, end):
        operations.send(
            key=f"owed:{number}", kind="work_failed", subject="Owed mail",
            recipient=f"owed{number}@prove.example", context=context,
        )  # fmt: skip


def open_staff(*, people: dict[str, str]) -> None:
    """Let people work for the marketplace, each with one right, or with all of them."""
    from django.contrib.auth.models import Permission

    from commerce.accounts.models import User

    for email, right in people.items():
        user = User.objects.create_user(email, "Drill-26-x")
        user.is_staff = True
        user.is_superuser = right == "all"
        user.save()
        if right != "all":
            user.user_permissions.add(
                Permission.objects.get(codename=right, content_type__app_label="backoffice")
            )


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


def promote(*, lasts: float) -> None:
    """Take a tenth off everything, until so many seconds from now by the database's clock."""
    from datetime import timedelta

    from commerce.kernel import clock
    from commerce.pricing import operations
    from commerce.pricing.types import PromotionInput

    ends_at = clock.now() + timedelta(seconds=lasts)
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


def start_import(*, products: int, pictures: int) -> int:
    from devtools.prove import imports

    return imports.start(products=products, pictures=pictures)


def sweep_imports(*, job_id: int) -> dict[str, Any]:
    from devtools.prove import imports

    imports.sweep()
    return imports.state(job_id=job_id)


def judge_import(*, job_id: int, products: int) -> list[str]:
    from devtools.prove import imports

    return imports.problems(job_id=job_id, products=products)


def open_accounts(*, emails: list[str], password: str) -> None:
    """Let shoppers have accounts, and in them a cart that waits with nothing in it."""
    from allauth.account.models import EmailAddress

    from commerce.accounts.models import User
    from commerce.cart import operations

    for number, email in enumerate(emails):
        user = User.objects.create_user(email, password)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if number % 2:
            operations.open_cart(user_id=user.pk, currency="USD")


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


def give_goodwill(*, charges: list[str], bps: int, key: str = "goodwill") -> int:
    """Give back a share of what these charges paid, at the sellers' cost; returns the sum."""
    from commerce.kernel.money import share
    from commerce.orders import operations
    from commerce.orders.models import SellerOrder
    from commerce.payments.models import Payment

    total = 0
    for payment in Payment.objects.filter(provider_charge__in=charges).order_by("pk"):
        part = SellerOrder.objects.get(order__token=payment.order_token)
        minor = share(payment.amount_minor, basis_points=bps)
        terms = operations.Terms(
            kind="goodwill", business_key=f"{key}:{part.pk}", reason="drill", goodwill_minor=minor
        )
        operations.give_goodwill(seller_order_id=part.pk, terms=terms)
        total += minor
    return total


def retry_refunds() -> int:
    """What staff do with refunds that failed: send them anew. Returns how many there were."""
    from commerce.payments import operations
    from commerce.payments.models import Refund

    failed = list(Refund.objects.filter(state="failed").values_list("pk", flat=True))
    for refund_id in failed:
        operations.retry_refund(refund_id=refund_id, reason="drill")
    return len(failed)


def retry_parked() -> int:
    """What staff do with facts that failed too often, once the code is mended."""
    from commerce.outbox import operations, queries

    parked = queries.parked_deliveries(limit=100)
    for each in parked:
        operations.try_again(delivery_id=each.id)
    return len(parked)


def hear(*, backwards: bool = False) -> int:
    """Hand over every fact that waits, in the order in which they happened or the other way
    round, until none does; returns how many."""
    from commerce.outbox import operations
    from commerce.outbox.models import Delivery

    heard = 0
    order = ("-event__occurred_at", "-pk") if backwards else ("event__occurred_at", "pk")
    while waiting := list(
        Delivery.objects.filter(delivered_at=None).order_by(*order).values_list("pk", flat=True)
    ):
        for delivery_id in waiting:
            heard += operations.deliver(delivery_id=delivery_id)
    return heard


def pay_out(*, extra: bool = False) -> int:
    """What beat does for payouts: gather what is due, and send what was gathered.

    A day is paid once, and the drills' days do not end: `extra` is what staff do beside it.
    """
    from commerce.payouts import operations, queries, tasks

    operations.run_now() if extra else tasks.run_schedule()
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


def answer_parts(*, tokens: list[str], cannot: int | None = None) -> None:
    """Let the sellers of orders say that they can send; one by its place, that they cannot."""
    from commerce.fulfillment import operations
    from commerce.orders import queries
    from commerce.returns import operations as returns

    for token in tokens:
        order = queries.order(token=token)
        assert order is not None
        for place, part in enumerate(order.seller_orders):
            if place == cannot:
                returns.cancel_for_seller(
                    seller_id=part.seller_id,
                    seller_order_id=part.id,
                    units={line.id: line.quantity for line in part.lines},
                    note="It broke.",
                )
            else:
                operations.promise(seller_id=part.seller_id, seller_order_id=part.id)


def settle_order(*, token: str) -> str:
    """Look at an order's payment, as a worker does that was told to."""
    from commerce.checkout import operations

    return operations.finalise(order_token=token)


def try_to_ship() -> dict[str, int]:
    """Let every seller send what is open; counts what left, and what was refused."""
    from commerce.fulfillment import operations
    from commerce.orders.models import SellerOrder

    told = {"left": 0, "refused": 0}
    open_parts = SellerOrder.objects.filter(state__in=["confirmed", "processing"])
    for part in list(open_parts.order_by("pk")):
        try:
            operations.ship(
                seller_id=part.seller_id,
                seller_order_id=part.pk,
                carrier_code="usps",
                tracking_number=f"94001{part.pk:09d}",
            )
        except operations.NotShippable:
            told["refused"] += 1
        else:
            told["left"] += 1
    return told
