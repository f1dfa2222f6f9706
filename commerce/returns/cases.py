"""What every kind of case has in common: opened under the order's lock, moved along its graph."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from commerce.inventory import operations as inventory
from commerce.kernel import actor
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.operations import Terms
from commerce.orders.types import LineData, OrderRef, SellerOrderData
from commerce.outbox.bus import publish

from . import waiting
from .events import CaseMoved
from .models import Case, CaseLine, CasePicture
from .moves import CASE_MOVES, DEAD
from .types import Units, Wish

State = Case.State
Kind = Case.Kind
LETTERS = {Kind.CANCEL: "C", Kind.RETURN: "R", Kind.CLAIM: "L"}
FAULTS = {"damaged", "defective", "wrong-item", "not-as-described", "lost", "not-available"}
"""Reasons for which the seller answers, so that the shipping goes back too."""


class NotFound(LookupError):
    """There is no such case or order; somebody else's counts as none."""


class NotPossible(ValueError):
    """It cannot be done any more, or not yet; the message says why and what can be done."""


class NotThatMany(NotPossible):
    """More units were chosen of a line than can be."""

    def __init__(self, *, line_id: int, title: str, most: int, why: str = "") -> None:
        self.line_id, self.title, self.most = line_id, title, most
        limit = f"Choose {most} or fewer." if most else "It cannot be chosen."
        super().__init__(f"{title}: {why or f'only {most} can be chosen'}. {limit}")


def lock_order(token: str) -> tuple[OrderRef, list[SellerOrderData]]:
    """Lock a paid order and return it with its parts. Raises NotFound."""
    if order_queries.ref(token=token) is None:
        raise NotFound(token)
    order = orders.lock(token=token)
    parts = order_queries.seller_orders_of(order_ids=[order.id]).get(order.id, [])
    if not parts or parts[0].confirmed_at is None:
        raise NotFound(token)
    return order, parts


def lock_case(case_id: int, *, seller_id: int | None = None, order_token: str = "") -> Case:
    """Lock a case's order, then the case. Raises NotFound for another seller's or order's."""
    case = Case.objects.select_related("seller_order__order").filter(pk=case_id).first()
    if (
        case is None
        or (seller_id is not None and case.seller_id != seller_id)
        or (order_token and case.seller_order.order.token != order_token)
    ):
        raise NotFound(case_id)
    orders.lock(token=case.seller_order.order.token)
    return (
        Case.objects.select_for_update(of=("self",))
        .select_related("seller_order__order")
        .get(pk=case_id)
    )


def part_of(case: Case) -> SellerOrderData:
    """Return the part as it is now."""
    return order_queries.seller_orders_by_id(seller_order_ids=[case.seller_order_id])[
        case.seller_order_id
    ]


def check_way(order: OrderRef, wish: Wish) -> None:
    """Refuse store credit to who has no account. Raises NotPossible."""
    if wish.refund_to == "store_credit" and order.user_id is None:
        raise NotPossible("Store credit needs an account. Choose a gift card, or the way you paid.")


def split_units(parts: list[SellerOrderData], units: Units) -> list[tuple[SellerOrderData, Units]]:
    """Sort chosen units by the part they belong to. Raises NotPossible when nothing is chosen."""
    chosen = {line_id: count for line_id, count in units.items() if count}
    if not chosen:
        raise NotPossible("Choose at least one item.")
    known = {line.id for part in parts for line in part.lines}
    if set(chosen) - known or min(chosen.values()) < 0:
        raise NotPossible("Choose from the items of this order.")
    return [
        (part, own)
        for part in parts
        if (own := {line.id: chosen[line.id] for line in part.lines if line.id in chosen})
    ]


def busy_units(seller_order_ids: list[int], *, sent: bool) -> dict[int, int]:
    """Return how many units of each line, sent or not, are in cases that are not over."""
    over = (*DEAD, State.REFUNDED, State.PARTLY)
    kinds = [Kind.RETURN, Kind.CLAIM] if sent else [Kind.CANCEL]
    rows = (
        CaseLine.objects.filter(case__seller_order__in=seller_order_ids, case__kind__in=kinds)
        .exclude(case__state__in=over)
        .values_list("order_line_id")
        .annotate(units=Sum("quantity"))
    )
    return dict(rows)


def out_of(line: LineData, busy: Units) -> int:
    """Return how many units of a line are with the shopper and in no other case."""
    out = line.shipped_quantity - line.returned_quantity - line.lost_quantity
    return max(out - busy.get(line.id, 0), 0)


def check_free(case: Case) -> None:
    """Refuse to take a case up again whose units another case has got since. Raises NotPossible."""
    if case.state not in DEAD:
        return
    part = part_of(case)
    busy = busy_units([part.id], sent=case.kind != Kind.CANCEL)
    lines = {line.id: line for line in part.lines}
    for wanted in case.lines.all():
        line = lines[wanted.order_line_id]
        # What was sent meanwhile overtakes a cancellation, which is no error.
        free = out_of(line, busy)
        if case.kind == Kind.CANCEL:
            free = line.open_quantity - busy[line.id] if busy.get(line.id) else wanted.quantity
        if wanted.quantity > free:
            raise NotPossible(f"{line.title} is in another case, or was given back. Decide there.")


def open_case(
    part: SellerOrderData,
    units: Units,
    *,
    kind: str,
    wish: Wish,
    answer_within: timedelta | None = None,
    basis: str = Case.Basis.POLICY,
    pictures: list[str] | None = None,
    suspicion: tuple[int, bool] = (0, False),
) -> Case:
    """Write a case down. The order is locked, so its number is free."""
    actor.tell_database(cause=f"{Case.Reason(wish.reason).label}. {wish.note}".strip())
    serial = Case.objects.filter(seller_order=part.id).count() + 1
    case = Case.objects.create(
        number=f"{part.number}-{LETTERS[Kind(kind)]}{serial}",
        seller_id=part.seller_id,
        seller_order_id=part.id,
        kind=kind,
        basis=basis,
        remedy=wish.remedy,
        reason=wish.reason,
        note=wish.note[:1000],
        refund_to=wish.refund_to,
        with_shipping=basis != Case.Basis.POLICY or wish.reason in FAULTS,
        asked_by=actor.current()[:80],
        returned_before_bps=suspicion[0],
        is_suspect=suspicion[1],
        due_at=Now() + answer_within if answer_within else None,
    )
    CaseLine.objects.bulk_create(
        CaseLine(
            case=case,
            order_line_id=line.id,
            quantity=units[line.id],
            replacement_id=(wish.replacements.get(line.id) or line.variant_id)
            if wish.remedy == "exchange"
            else None,
        )
        for line in part.lines
        if line.id in units
    )
    CasePicture.objects.bulk_create(CasePicture(case=case, file=name) for name in pictures or [])
    publish(CaseMoved(case_id=case.pk, from_state="", to_state=case.state))
    return case


def move(case: Case, to_state: str, *, cause: str = "", **changes: object) -> None:
    """Move a locked case along its graph. Raises NotPossible."""
    if to_state not in CASE_MOVES[case.kind].get(case.state, ()):
        raise NotPossible(f"Case {case.number} is {case.state} and cannot become {to_state}.")
    before = case.state
    actor.tell_database(cause=cause)
    changes.setdefault("due_at", waiting.due_after(case, to_state))
    changes.setdefault("reminded_at", None)
    Case.objects.filter(pk=case.pk).update(state=to_state, version=F("version") + 1, **changes)
    case.refresh_from_db()
    publish(CaseMoved(case_id=case.pk, from_state=before, to_state=to_state))


def terms_of(case: Case, *, kind: str, **changes: object) -> Terms:
    """Return the terms on which a case gives money back: once, under its own key."""
    why = case.answer or case.note or Case.Reason(case.reason).label
    return Terms(
        kind=kind,
        business_key=f"case:{case.pk}",
        reason=f"{case.number}: {why}",
        to=case.refund_to,  # type: ignore[arg-type]
        **changes,  # type: ignore[arg-type]
    )


def put_back(case: Case, units: Mapping[int, int], *, canceled: bool = False) -> None:
    """Put units back on sale, last of all, because others wait for these rows."""
    variants = {line.id: line.variant_id for line in part_of(case).lines}
    for line_id in sorted(units, key=lambda pk: variants[pk]):
        if units[line_id]:
            inventory.put_back(
                variant_id=variants[line_id],
                location_id=None,
                quantity=units[line_id],
                cause="canceled" if canceled else "returned",
                reference=case.number,
                holder=case.seller_order.order.token if canceled else "",
            )


def gives_shipping(case: Case) -> bool:
    """Tell whether the shipping goes back too: nothing of the part is kept, and the law or a fault
    of the seller's asks for it."""
    part = part_of(case)
    gone = all(
        line.quantity == line.canceled_quantity + line.returned_quantity + line.lost_quantity
        for line in part.lines
    )
    given = order_queries.adjustments_of(seller_order_ids=[part.id]).get(part.id, [])
    return case.with_shipping and gone and not any(one.with_shipping for one in given)


@transaction.atomic
def close(*, order_token: str, case_id: int) -> None:
    """Take a wish back: its shopper does not want it any more. Raises NotFound, NotPossible."""
    from .exchanging import give_up_replacements

    case = lock_case(case_id, order_token=order_token)
    if case.kind == Kind.RETURN and waiting.stage(case) in (State.RECEIVED, State.DECLINED):
        raise NotPossible("The seller has the items, so this cannot be taken back any more.")
    move(case, State.CLOSED, cause="taken back by the shopper")
    give_up_replacements(case)
