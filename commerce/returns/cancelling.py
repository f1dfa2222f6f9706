"""Cancellations: granted at once within the hour, asked of the seller after it, never once sent."""

from datetime import timedelta

from django.db import transaction

from commerce.fulfillment import operations as sending
from commerce.fulfillment import queries as fulfillment
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import SellerOrderData

from .cases import (
    Kind,
    NotFound,
    NotPossible,
    NotThatMany,
    State,
    busy_units,
    check_free,
    lock_case,
    lock_order,
    move,
    open_case,
    put_back,
    split_units,
    terms_of,
)
from .models import Case
from .types import Units, Wish

AUTOMATIC = timedelta(hours=1)
"""How long after ordering a cancellation needs nobody's consent."""
ANSWER_WITHIN = timedelta(hours=24)
"""How long a seller has to answer later ones; then they are granted."""


@transaction.atomic
def cancel(*, order_token: str, wish: Wish) -> list[int]:
    """Cancel units of an order that were not sent yet; returns the cases' ids, one per seller.

    Within an hour of ordering, and while no label was bought and no parcel left, it
    is done and refunded at once. Later the seller is asked, and has a day to answer.
    The caller knows the order's token, which is the right to it. Raises NotFound,
    NotPossible, NotThatMany; then nothing was canceled at all.
    """
    order, parts = lock_order(order_token)
    busy = busy_units([part.id for part in parts], sent=False)
    leaving = fulfillment.has_label_or_parcel(seller_order_ids=[part.id for part in parts])
    young = clock.now() - order.placed_at <= AUTOMATIC
    opened = []
    for part, units in split_units(parts, wish.units):
        check_open(part, units, busy)
        at_once = young and part.id not in leaving
        case = open_case(
            part,
            units,
            kind=Kind.CANCEL,
            wish=wish,
            answer_within=None if at_once else ANSWER_WITHIN,
        )
        if at_once:
            grant(case, cause="within the hour")
        opened.append(case.pk)
    return opened


def check_open(part: SellerOrderData, units: Units, busy: dict[int, int]) -> None:
    """Refuse to cancel what was sent. Raises NotThatMany."""
    for line in part.lines:
        if line.id in units:
            most = max(line.open_quantity - busy.get(line.id, 0), 0)
            if part.state not in ("confirmed", "processing"):
                most = 0
            if units[line.id] > most:
                why = "" if most else "it was sent, canceled or asked about before"
                raise NotThatMany(line_id=line.id, title=line.title, most=most, why=why)


@unconfined()
@transaction.atomic
def cancel_for_seller(*, seller_id: int, seller_order_id: int, units: Units, note: str) -> int:
    """Cancel what a seller cannot deliver: refunded at once, never what was sent.

    For the seller's own people. Raises NotFound, NotPossible, NotThatMany.
    """
    found = order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id])
    part = found.get(seller_order_id)
    if part is None or part.seller_id != seller_id:
        raise NotFound(seller_order_id)
    _, parts = lock_order(part.order_token)
    [(part, units)] = split_units([each for each in parts if each.id == part.id], units)
    check_open(part, units, busy_units([part.id], sent=False))
    wish = Wish(units=units, reason=Case.Reason.NOT_AVAILABLE, note=note)
    case = open_case(part, units, kind=Kind.CANCEL, wish=wish, basis=Case.Basis.SELLER)
    grant(case, cause=note or "the seller cannot deliver it")
    return case.pk


@unconfined()
@transaction.atomic
def answer_cancellation(*, seller_id: int, case_id: int, consent: bool, note: str = "") -> str:
    """Grant or refuse what a shopper asked for; returns the case's state.

    "overtaken" means that it was sent meanwhile. A refusal needs a reason. For the
    seller's own people. Raises NotFound, NotPossible.
    """
    case = _cancellation(lock_case(case_id, seller_id=seller_id))
    if consent:
        return grant(case, cause=note or "granted by the seller")
    if not note.strip():
        raise NotPossible("Say why, so that the shopper understands.")
    move(case, State.REFUSED, cause=note, answer=note.strip()[:500])
    return case.state


@transaction.atomic
def override_cancellation(*, case_id: int, note: str) -> str:
    """Grant a cancellation in the seller's place, with a reason; for staff with the right.

    Raises NotFound, NotPossible.
    """
    if not note.strip():
        raise NotPossible("Give the reason for deciding in the seller's place.")
    return grant(_cancellation(lock_case(case_id)), cause=note)


def _cancellation(case: Case) -> Case:
    if case.kind != Kind.CANCEL:
        raise NotFound(case.pk)
    return case


def grant(case: Case, *, cause: str) -> str:
    """Cancel what a locked case asks for, unless it was sent; for this module's own use."""
    check_free(case)
    units = {line.order_line_id: line.quantity for line in case.lines.all()}
    case.answer = cause
    kind = "withdrawn" if case.basis == Case.Basis.WITHDRAWAL else "canceled"
    try:
        with transaction.atomic():
            orders.cancel_units(
                seller_order_id=case.seller_order_id, units=units, terms=terms_of(case, kind=kind)
            )
    except (orders.IllegalMove, orders.TakesTooMany):
        move(case, State.OVERTAKEN, cause="it was sent meanwhile")
        return case.state
    move(case, State.REFUNDED, cause=cause, answer=cause[:500])
    sending.settle_part(seller_order_id=case.seller_order_id)
    put_back(case, units, canceled=True)
    return case.state
