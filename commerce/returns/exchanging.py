"""Exchanges: the same or another variant of the same price, taken from stock when it is agreed."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from commerce.catalog import queries as catalog
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.kernel.confinement import unconfined
from commerce.orders.types import LineData
from commerce.outbox.bus import publish
from commerce.pricing import queries as pricing
from commerce.pricing.types import PriceData

from .cases import NotPossible, State, lock_case, part_of
from .events import ReplacementSent
from .models import Case

GRACE_DAYS = 3
"""How many days beyond the promised ones a parcel may take before it counts as lost."""


class NothingToSwap(NotPossible):
    """There is not enough of what is wanted instead."""


def choices_for(lines: Sequence[LineData]) -> dict[int, dict[int, str]]:
    """Return by line the variants that may be sent instead, in words: of the same product, the
    same price now, and in stock. Four statements, however many lines."""
    own = catalog.variants(variant_ids=[line.variant_id for line in lines])
    siblings = catalog.variants_of(product_ids={variant.product_id for variant in own.values()})
    ids = {variant.id for group in siblings.values() for variant in group}
    currency = lines[0].unit.currency if lines else ""
    prices = pricing.prices_of(variant_ids=ids, currency=currency)
    free = stock.available(variant_ids=ids)
    found: dict[int, dict[int, str]] = {}
    for line in lines:
        mine = own.get(line.variant_id)
        price = prices.get(line.variant_id)
        found[line.id] = {
            variant.id: " / ".join(map(str, variant.option_values)) or variant.sku
            for variant in (siblings.get(mine.product_id, []) if mine else [])
            if _costs_the_same(variant.id, line.variant_id, prices.get(variant.id), price)
            and variant.id in free
            and free[variant.id].available > 0
        }
    return found


def _costs_the_same(
    variant_id: int, own_id: int, other: PriceData | None, own: PriceData | None
) -> bool:
    if variant_id == own_id:
        return True
    return other is not None and own is not None and other.amount == own.amount


def take_replacements(case: Case) -> None:
    """Take what will be sent instead from the shelf. Raises NothingToSwap."""
    for line in case.lines.select_related("order_line").order_by("replacement_id"):
        if line.replacement_id is None or line.location_id is not None:
            continue
        levels = stock.levels(variant_ids=[line.replacement_id]).get(line.replacement_id, [])
        for level in levels:
            try:
                inventory.adjust(
                    variant_id=line.replacement_id,
                    location_id=level.location_id,
                    delta=-line.quantity,
                    cause=f"exchange {case.number}",
                )
            except (inventory.BelowReserved, inventory.NegativeStock):
                continue
            line.location_id = level.location_id
            line.save(update_fields=["location"])
            break
        else:
            raise NothingToSwap(
                f"There are not {line.quantity} of {line.order_line.title} to send instead. "
                "Offer the money back."
            )


def give_up_replacements(case: Case) -> None:
    """Put back what was kept for an exchange that comes to nothing."""
    for line in case.lines.filter(location__isnull=False).order_by("replacement_id"):
        inventory.adjust(
            variant_id=int(line.replacement_id or 0),
            location_id=int(line.location_id or 0),
            delta=line.quantity,
            cause=f"no exchange {case.number}",
        )
        line.location_id = None
        line.save(update_fields=["location"])


@unconfined()
@transaction.atomic
def send_replacement(*, seller_id: int, case_id: int, tracking_number: str) -> None:
    """Record that the replacement left; for the seller's own people.

    Raises NotFound, NotPossible.
    """
    case = lock_case(case_id, seller_id=seller_id)
    if case.state != State.EXCHANGED or case.replaced_at is not None:
        raise NotPossible("There is no replacement to send.")
    number = " ".join(tracking_number.split())
    if len(number) > 60:
        raise NotPossible("A tracking number has at most 60 characters.")
    Case.objects.filter(pk=case.pk).update(replaced_at=Now(), replacement_tracking=number)
    days = int(part_of(case).shipping_method.get("max_days") or 0) + GRACE_DAYS
    fulfillment.replacement_sent(seller_order_id=case.seller_order_id, days=days)
    publish(ReplacementSent(case_id=case.pk))


def same_price(case: Case) -> None:
    """Refuse an exchange for something dearer or cheaper. Raises NotPossible."""
    allowed = choices_for(part_of(case).lines)
    for line in case.lines.all():
        wanted = line.replacement_id
        if wanted is not None and wanted not in allowed.get(line.order_line_id, {}):
            raise NotPossible(
                "That cannot be sent instead: choose one of the same price that is in stock, "
                "or ask for the money back."
            )
