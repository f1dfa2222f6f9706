"""Returns: asked for, approved, sent, received, looked at, and only then refunded or exchanged."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.orders import operations as orders
from commerce.orders.types import SellerOrderData
from commerce.sellers import queries as sellers

from . import policies, waiting
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
    put_back,
    split_units,
    terms_of,
)
from .exchanging import give_up_replacements, same_price, take_replacements
from .label_payers import charge_of
from .labeling import label_of
from .models import Case, CaseLine, ReturnLabel
from .pictures import stored
from .types import Finding, Units, Wish

ANSWER_WITHIN = timedelta(hours=72)
"""How long a seller has to answer; then the return is approved."""


def request_return(*, order_token: str, wish: Wish) -> list[int]:
    """Ask to send delivered units back; returns the ids of the cases, one per seller.

    The caller knows the order's token. Pictures are checked and kept first. Raises
    NotFound, NotPossible, NotThatMany, InvalidPicture; then nothing was asked.
    """
    with stored(wish.pictures) as names, transaction.atomic():
        order, parts = lock_order(order_token)
        check_way(order, wish)
        busy = busy_units([part.id for part in parts], sent=True)
        rules = policies.rules_for(parts)
        signal = policies.suspicion(email=order.email, user_id=order.user_id)
        opened = []
        for part, units in split_units(parts, wish.units):
            _check_returnable(part, units, busy, rules)
            case = open_case(
                part,
                units,
                kind=Kind.RETURN,
                wish=wish,
                answer_within=ANSWER_WITHIN,
                pictures=names,
                suspicion=signal,
            )
            if wish.remedy == "exchange":
                same_price(case)
            opened.append(case.pk)
    return opened


def _check_returnable(
    part: SellerOrderData,
    units: Units,
    busy: Mapping[int, int],
    rules: Mapping[int, policies.Rules],
) -> None:
    for line in part.lines:
        if line.id not in units:
            continue
        why = why_not(part, rules[line.id])
        most = 0 if why else out_of(line, busy)
        if units[line.id] > most:
            raise NotThatMany(line_id=line.id, title=line.title, most=most, why=why)


def why_not(part: SellerOrderData, rules: policies.Rules) -> str:
    """Say why a line of a part cannot be sent back; "" when it can."""
    if rules.exempt_because:
        return f"cannot be sent back: {rules.exempt_because}"
    end = policies.until(part, rules)
    if end is None:
        return "can be sent back once it has been delivered"
    if clock.now() > end:
        return f"could be sent back until {end:%-d %B %Y}"
    return ""


@unconfined()
@transaction.atomic
def answer_return(
    *, seller_id: int, case_id: int, consent: bool, note: str = "", return_to: str = ""
) -> str:
    """Approve or refuse a return; returns its state. For the seller's own people.

    An approval says where to send the goods, and keeps what is sent instead. A
    refusal needs a reason. Raises NotFound, NotPossible, NothingToSwap.
    """
    case = _a_return(lock_case(case_id, seller_id=seller_id))
    if case.state == State.ESCALATED:
        raise NotPossible("The marketplace decides about it now.")
    if consent:
        return approve_return(case, cause=note or "approved by the seller", return_to=return_to)
    if not note.strip():
        raise NotPossible("Say why, so that the shopper understands.")
    if case.basis == Case.Basis.WITHDRAWAL:
        raise NotPossible("A withdrawal from the contract cannot be refused.")
    move(case, State.REFUSED, cause=note, answer=note.strip()[:500])
    return case.state


@transaction.atomic
def override_return(*, case_id: int, note: str, consent: bool = True) -> str:
    """Decide in the seller's place what it refused or left lying, with a reason; for staff.

    What was asked or refused is approved; what was declined, or was escalated because
    it never arrived or was never looked at, is refunded. Without consent what was
    escalated ends as it would have: refused, declined, or closed when nothing was ever
    sent. Raises NotFound, NotPossible.
    """
    if not note.strip():
        raise NotPossible("Give the reason for deciding in the seller's place.")
    case = _a_return(lock_case(case_id))
    stage = waiting.stage(case)
    if not consent:
        return _deny(case, stage, note=note)
    if stage in (State.REQUESTED, State.REFUSED):
        return approve_return(case, cause=note)
    if case.state not in (State.DECLINED, State.ESCALATED):
        raise NotPossible(f"Case {case.number} is {case.state}: it is not for you to decide yet.")
    check_free(case)
    refund_all(case, cause=note)
    return case.state


def _deny(case: Case, stage: str, *, note: str) -> str:
    if case.state != State.ESCALATED:
        raise NotPossible("Only what was given to the marketplace can be turned down.")
    if case.basis == Case.Basis.WITHDRAWAL and waiting.came_back(case):
        raise NotPossible("A withdrawal cannot be turned down once the goods came back.")
    give_up_replacements(case)
    ends = {State.REFUSED: State.REFUSED, State.APPROVED: State.CLOSED}
    end = ends.get(State(stage), State.DECLINED)
    move(case, end, cause=note, answer=note.strip()[:500])
    return case.state


def refund_all(case: Case, *, cause: str) -> None:
    """Refund a locked return as it was asked, unseen; nothing of it goes back on sale."""
    give_up_replacements(case)
    _pay(case, cause=cause, withheld_minor=0, accept_all=True)


def approve_return(case: Case, *, cause: str, return_to: str = "") -> str:
    """Approve a locked case; for this module's own use."""
    check_free(case)
    take_replacements(case)
    move(
        case,
        State.APPROVED,
        cause=cause,
        answer=cause[:500],
        return_to=(return_to.strip() or _address_of(case.seller_id))[:500],
    )
    return case.state


def _address_of(seller_id: int) -> str:
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    return f"{seller.name}, returns"


@transaction.atomic
def mark_sent(
    *, order_token: str, case_id: int, tracking_number: str = "", with_label: bool = False
) -> None:
    """Record that the shopper handed the goods over, with the return's label or another way.

    Who gives the number of the label sent it with the label. Raises NotFound, NotPossible.
    """
    number = " ".join(tracking_number.split())
    if len(number) > 60:
        raise NotPossible("A tracking number has at most 60 characters.")
    case = _at(lock_case(case_id, order_token=order_token), State.APPROVED)
    label = label_of(case_id=case.pk)
    if label is None or not label.is_ready:
        if with_label:
            raise NotPossible("The label was taken back meanwhile. Send it another way.")
    elif with_label or (number and number.upper() == label.tracking_number.upper()):
        ReturnLabel.objects.filter(pk=label.id).update(used_at=Now())
        number = label.tracking_number or number
    move(case, State.SENT, cause="sent by the shopper", tracking_number=number)


@unconfined()
@transaction.atomic
def receive(*, seller_id: int, case_id: int) -> None:
    """Record that the goods came back; for the seller's own people.

    Raises NotFound, NotPossible.
    """
    case = _at(lock_case(case_id, seller_id=seller_id), State.APPROVED, State.SENT)
    move(case, State.RECEIVED, cause="received by the seller")


@unconfined()
@transaction.atomic
def inspect(
    *,
    seller_id: int,
    case_id: int,
    findings: Mapping[int, Finding],
    withheld_minor: int = 0,
    decline: bool = False,
    note: str = "",
) -> str:
    """Write down how the goods were found and decide; returns the case's state.

    Accepted units are refunded, less what is withheld for wear, or exchanged; those
    that can be sold go back on sale, others are written off. Withholding and
    declining need a reason; a withdrawal cannot be declined. For the seller's own
    people. Raises NotFound, NotPossible, NotThatMany, and orders' GivesTooMuch.
    """
    case = _at(_a_return(lock_case(case_id, seller_id=seller_id)), State.RECEIVED)
    _write_findings(case, findings)
    move(case, State.INSPECTED, cause="looked at by the seller")
    accepted = sum(line.accepted_quantity for line in case.lines.all())
    asked = sum(line.quantity for line in case.lines.all())
    if (decline or withheld_minor or accepted < asked) and not note.strip():
        raise NotPossible("Say why not all of it is given back.")
    if decline and case.basis == Case.Basis.WITHDRAWAL:
        raise NotPossible("A withdrawal cannot be declined; withhold what the wear is worth.")
    if withheld_minor < 0:
        raise NotPossible("What is withheld cannot be less than nothing.")
    if decline or not accepted:
        case.lines.update(put_back_quantity=0)
        give_up_replacements(case)
        move(case, State.DECLINED, cause=note, answer=note.strip()[:500])
    elif case.remedy == Case.Remedy.EXCHANGE:
        _swap(case, cause=note or "exchanged")
    else:
        _pay(case, cause=note or "accepted by the seller", withheld_minor=withheld_minor)
    return case.state


def _write_findings(case: Case, findings: Mapping[int, Finding]) -> None:
    for line in case.lines.select_related("order_line"):
        found = findings.get(line.order_line_id)
        if found is None:
            raise NotPossible(f"Say how {line.order_line.title} was found.")
        if found.condition not in CaseLine.Condition.values:
            raise NotPossible(f"Choose how {line.order_line.title} was found.")
        if not 0 <= found.accepted <= line.quantity:
            title = line.order_line.title
            raise NotThatMany(line_id=line.order_line_id, title=title, most=line.quantity)
        if not 0 <= found.put_back <= found.accepted:
            raise NotPossible(f"No more of {line.order_line.title} can go back on sale than came.")
        CaseLine.objects.filter(pk=line.pk).update(
            condition=found.condition,
            accepted_quantity=found.accepted,
            put_back_quantity=found.put_back,
        )


def _pay(case: Case, *, cause: str, withheld_minor: int, accept_all: bool = False) -> None:
    if accept_all:
        for line in case.lines.all():
            CaseLine.objects.filter(pk=line.pk).update(accepted_quantity=line.quantity)
    lines = list(case.lines.all())
    accepted = {line.order_line_id: line.accepted_quantity for line in lines}
    units = {pk: count for pk, count in accepted.items() if count}
    case.answer = cause
    orders.record_returned(seller_order_id=case.seller_order_id, units=units, reason=cause)
    kind = "withdrawn" if case.basis == Case.Basis.WITHDRAWAL else "returned"
    withheld_minor = _refund(case, units, kind=kind, withheld_minor=withheld_minor)
    partly = withheld_minor or any(line.accepted_quantity < line.quantity for line in lines)
    move(
        case,
        State.PARTLY if partly else State.REFUNDED,
        cause=cause,
        answer=case.answer[:500],
        withheld_minor=withheld_minor,
    )
    put_back(case, {line.order_line_id: line.put_back_quantity for line in lines})


def _refund(case: Case, units: dict[int, int], *, kind: str, withheld_minor: int) -> int:
    """Refund units less what is kept, a label that the shopper pays included; returns that.

    A label never takes more than the goods leave.
    """
    label_minor = charge_of(case)

    def refund(kept: int) -> int:
        terms = terms_of(case, kind=kind, with_shipping=gives_shipping(case), withheld_minor=kept)
        with transaction.atomic():
            orders.refund_units(seller_order_id=case.seller_order_id, units=units, terms=terms)
        return kept

    if not label_minor:
        return refund(withheld_minor)
    price = Money(label_minor, case.seller_order.order.currency)
    case.answer = f"{case.answer} The return label cost {price}.".strip()[:500]
    try:
        return refund(withheld_minor + label_minor)
    except orders.GivesTooMuch as most:
        return refund(max(withheld_minor, min(withheld_minor + label_minor, most.left.minor)))


def _swap(case: Case, *, cause: str) -> None:
    """Send the replacement; the sale stands, so nothing of it counts as returned."""
    move(case, State.EXCHANGED, cause=cause, answer=cause[:500])
    put_back(case, {line.order_line_id: line.put_back_quantity for line in case.lines.all()})


def _at(case: Case, *stages: str) -> Case:
    """Let through what waits for this step, also when it was escalated because it waited."""
    if waiting.stage(case) not in stages:
        raise NotPossible(f"Case {case.number} is {case.state}: it does not wait for this.")
    return case


def _a_return(case: Case) -> Case:
    if case.kind != Kind.RETURN:
        raise NotFound(case.pk)
    return case
