"""Claims: parcels that never came, goods that came broken. No return is asked for."""

from datetime import timedelta

from django.db import transaction

from commerce.fulfillment import operations as sending
from commerce.fulfillment import queries as fulfillment
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import SellerOrderData

from . import policies
from .cases import (
    Kind,
    NotFound,
    NotPossible,
    NotThatMany,
    State,
    busy_units,
    check_free,
    check_way,
    gives_shipping,
    lock_case,
    lock_order,
    move,
    open_case,
    out_of,
    split_units,
    terms_of,
)
from .exchanging import GRACE_DAYS, take_replacements
from .models import Case
from .pictures import stored
from .types import Units, Wish

ANSWER_WITHIN = timedelta(hours=72)
"""How long a seller has to answer; then the claim goes to the marketplace."""


def claim(*, order_token: str, wish: Wish) -> list[int]:
    """Claim that units never came ("lost") or came broken ("damaged"); returns the cases' ids.

    Broken goods need a picture. The caller knows the order's token. Raises NotFound,
    NotPossible, NotThatMany, InvalidPicture.
    """
    if wish.reason not in ("lost", "damaged"):
        raise NotPossible("Say whether it never came or came damaged.")
    if wish.reason == "damaged" and not wish.pictures:
        raise NotPossible("Add a picture of the damage.")
    with stored(wish.pictures) as names, transaction.atomic():
        order, parts = lock_order(order_token)
        check_way(order, wish)
        busy = busy_units([part.id for part in parts], sent=True)
        opened = []
        for part, units in split_units(parts, wish.units):
            _check_claimable(part, units, wish.reason, busy)
            case = open_case(
                part,
                units,
                kind=Kind.CLAIM,
                wish=wish,
                answer_within=ANSWER_WITHIN,
                pictures=names,
            )
            opened.append(case.pk)
    return opened


def _check_claimable(
    part: SellerOrderData, units: Units, reason: str, busy: dict[int, int]
) -> None:
    why = why_not(part, reason)
    for line in part.lines:
        if line.id in units:
            most = 0 if why else out_of(line, busy)
            if units[line.id] > most:
                raise NotThatMany(line_id=line.id, title=line.title, most=most, why=why)


def why_not(part: SellerOrderData, reason: str) -> str:
    """Say why nothing of a part can be claimed as lost, or as damaged; "" when it can."""
    now = clock.now()
    if part.delivered_at is not None:
        end = part.delivered_at + timedelta(days=policies.DAYS)
        return "" if now <= end else f"could be reported until {end:%-d %B %Y}"
    if reason == "damaged":
        return "can be reported as damaged once it has come"
    parcels = fulfillment.shipments_of(seller_order_ids=[part.id])[part.id]
    if not parcels:
        return "was not sent yet"
    days = int(part.shipping_method.get("max_days") or 0) + GRACE_DAYS
    expected = max(parcel.shipped_at for parcel in parcels) + timedelta(days=days)
    return "" if now >= expected else f"may still come until {expected:%-d %B %Y}"


@unconfined()
@transaction.atomic
def answer_claim(*, seller_id: int, case_id: int, consent: bool, note: str = "") -> str:
    """Grant a claim, as money or as a replacement, or refuse it with a reason.

    Returns its state. For the seller's own people. Raises NotFound, NotPossible,
    NothingToSwap.
    """
    case = _a_claim(lock_case(case_id, seller_id=seller_id))
    if consent:
        return _grant(case, cause=note or "granted by the seller", borne=False)
    if not note.strip():
        raise NotPossible("Say why, so that the shopper understands.")
    if case.state == State.ESCALATED:
        raise NotPossible("The marketplace decides about it now; you can still grant it.")
    move(case, State.REFUSED, cause=note, answer=note.strip()[:500])
    return case.state


@transaction.atomic
def decide_claim(*, case_id: int, consent: bool, note: str, borne: bool = False) -> str:
    """Decide a claim in the seller's place, with a reason; for staff with the right.

    When `borne`, the marketplace pays what the seller would. Raises NotFound,
    NotPossible, NothingToSwap.
    """
    if not note.strip():
        raise NotPossible("Give the reason for deciding in the seller's place.")
    case = _a_claim(lock_case(case_id))
    if consent:
        return _grant(case, cause=note, borne=borne)
    move(case, State.REFUSED, cause=note, answer=note.strip()[:500])
    return case.state


def _grant(case: Case, *, cause: str, borne: bool) -> str:
    check_free(case)
    case.answer = cause
    units = {line.order_line_id: line.quantity for line in case.lines.all()}
    replaced = case.remedy == Case.Remedy.EXCHANGE
    if case.reason == Case.Reason.LOST:
        sending.lose_parcels(seller_order_id=case.seller_order_id, units=units, replaced=replaced)
    if replaced:
        take_replacements(case)
        move(case, State.EXCHANGED, cause=cause, answer=cause[:500])
        return case.state
    orders.record_lost(seller_order_id=case.seller_order_id, units=units, reason=cause)
    with_shipping = gives_shipping(case)
    share = order_queries.seller_share(
        seller_order_id=case.seller_order_id, units=units, with_shipping=with_shipping
    )
    terms = terms_of(
        case,
        kind="claim",
        with_shipping=with_shipping,
        borne_minor=share.minor if borne else 0,
    )
    orders.refund_units(seller_order_id=case.seller_order_id, units=units, terms=terms)
    move(case, State.REFUNDED, cause=cause, answer=cause[:500])
    sending.settle_part(seller_order_id=case.seller_order_id)
    return case.state


def _a_claim(case: Case) -> Case:
    if case.kind != Kind.CLAIM:
        raise NotFound(case.pk)
    return case
