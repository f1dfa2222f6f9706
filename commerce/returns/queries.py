from collections.abc import Iterable, Sequence

from django.db.models import Q

from commerce.fulfillment import queries as fulfillment
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.orders import queries as orders
from commerce.orders.types import LineData, OrderData, SellerOrderData
from commerce.sellers import queries as sellers

from . import claiming, exchanging, policies, readdressing, returning, withdrawing
from .cancelling import AUTOMATIC
from .cases import busy_units, out_of
from .label_payers import Payer, label_payer
from .labeling import ReturnLabelData, case_of_label, label_of, label_sheet
from .models import Case, CasePicture, Withdrawal
from .policies import own_days, shop_days, window_of
from .reading import cases_where
from .types import (
    CaseData,
    LineChoice,
    PartChoices,
    TimelineEntry,
    WithdrawalData,
)
from .waiting import REPLACE_AT_LATEST, unsent_replacements

__all__ = [
    "ReturnLabelData",
    "case_of_label",
    "label_of",
    "label_payer",
    "label_sheet",
    "own_days",
    "shop_days",
    "window_of",
]

WAITING = Q(state__in=["requested", "received"]) | Q(state="exchanged", replaced_at=None)


def cases(*, case_ids: Iterable[int]) -> dict[int, CaseData]:
    """Return cases by id, whoever's they are."""
    return {case.id: case for case in cases_where(Case.objects.filter(pk__in=set(case_ids)))}


def cases_of_order(*, order_id: int) -> list[CaseData]:
    """Return everything that was asked about an order, oldest first."""
    return cases_where(Case.objects.filter(seller_order__order=order_id))


def case_of_order(*, order_token: str, number: str) -> CaseData | None:
    """Return one case of an order; None for another order's."""
    found = cases_where(Case.objects.filter(seller_order__order__token=order_token, number=number))
    return found[0] if found else None


def case_of_seller(*, seller_id: int, number: str) -> CaseData | None:
    """Return one of a seller's own cases; None for anybody else's."""
    found = cases_where(Case.objects.filter(seller=seller_id, number=number))
    return found[0] if found else None


def case_by_number(*, number: str) -> CaseData | None:
    """Return a case by its number, whoever's it is: for staff."""
    found = cases_where(Case.objects.filter(number=number))
    return found[0] if found else None


def cases_of_part(*, seller_order_id: int) -> list[CaseData]:
    """Return everything that was asked about one seller's part, oldest first."""
    return cases_where(Case.objects.filter(seller_order=seller_order_id))


def count_waiting(*, seller_id: int) -> int:
    """Return how many cases wait for a seller: to be answered, looked at or replaced."""
    return Case.objects.filter(WAITING, seller=seller_id).count()


def count_escalated() -> int:
    """Return how many claims and returns wait for the marketplace's decision."""
    return Case.objects.filter(state=Case.State.ESCALATED).count()


def overdue_replacements() -> list[tuple[int, str]]:
    """Return id and number of cases whose replacement should have left long ago."""
    rows = unsent_replacements(after=REPLACE_AT_LATEST)
    return list(rows.values_list("pk", "number"))


def picture(*, picture_id: int, case_id: int) -> bytes | None:
    """Return a picture of a case; the caller has checked who may see the case."""
    row = CasePicture.objects.filter(pk=picture_id, case=case_id).first()
    if row is None:
        return None
    with row.file.open("rb") as file:
        data: bytes = file.read()
    return data


def withdrawal(*, withdrawal_id: int) -> WithdrawalData | None:
    """Return a declaration of withdrawal as it was made."""
    row = Withdrawal.objects.select_related("order").filter(pk=withdrawal_id).first()
    if row is None:
        return None
    return WithdrawalData(
        id=row.pk,
        order_token=row.order.token,
        order_number=row.order.number,
        name=row.name,
        email=row.email,
        statement=row.statement,
        declared_at=row.declared_at,
    )


def timeline(*, order: OrderData) -> list[TimelineEntry]:
    """Return everything that happened to an order, oldest first: what, who, why.

    `order` is one that was read with its events.
    """
    numbers = {part.id: part.number for part in order.seller_orders}
    entries = [
        TimelineEntry(
            at=event.at,
            what=event.to_state,
            part=numbers.get(event.seller_order_id or 0, ""),
            actor=event.actor,
            cause=event.cause,
        )
        for event in order.events
    ]
    for case in cases_of_order(order_id=order.id):
        entries += [
            TimelineEntry(
                at=event.at,
                what=f"{case.kind} {event.to_state}",
                part=case.number,
                actor=event.actor,
                cause=event.cause,
            )
            for event in case.events
        ]
    given = orders.adjustments_of(seller_order_ids=list(numbers))
    entries += [
        TimelineEntry(
            at=one.at,
            what="never charged" if one.uncharged else "given back",
            amount=one.refund,
            part=numbers[one.seller_order_id],
            actor=one.actor,
            cause=one.reason,
        )
        for adjustments in given.values()
        for one in adjustments
    ]
    entries += [
        TimelineEntry(at=change.at, what="address changed", part="", actor=change.actor, cause="")
        for change in orders.address_changes(order_id=order.id)
    ]
    return sorted(entries, key=lambda entry: entry.at)


def actor_names(*, order: OrderData) -> dict[str, str]:
    """Return how the shopper is told of who acted: themselves, a seller's people, rules."""
    members = sellers.members(seller_ids=[part.seller_id for part in order.seller_orders])
    shops = sellers.sellers(seller_ids=list(members))
    names = {
        f"user:{member.user_id}": shops[seller_id].name
        for seller_id, people in members.items()
        for member in people
    }
    if order.user_id is not None:
        names[f"user:{order.user_id}"] = "you"
    return names


def choices(*, order: OrderData) -> list[PartChoices]:
    """Return what its shopper may still do about each part of an order, and why not more."""
    parts = [part for part in order.seller_orders if part.confirmed_at is not None]
    ids = [part.id for part in parts]
    waiting, sent = busy_units(ids, sent=False), busy_units(ids, sent=True)
    rules = policies.rules_for(parts)
    leaving = fulfillment.has_label_or_parcel(seller_order_ids=ids)
    young = clock.now() - order.placed_at <= AUTOMATIC
    return [
        PartChoices(
            seller_order_id=part.id,
            number=part.number,
            seller_id=part.seller_id,
            cancels_at_once=young and part.id not in leaving,
            cancel=tuple(
                _choice(line, max(line.open_quantity - waiting.get(line.id, 0), 0))
                for line in part.lines
                if part.state in ("confirmed", "processing")
            ),
            returns=tuple(_returnable(part, line, rules[line.id], sent) for line in part.lines),
            claims=tuple(_claimable(part, line, sent) for line in part.lines),
            withdraws=tuple(
                _withdrawable(part, line, rules[line.id], waiting, sent) for line in part.lines
            ),
            shopper_pays_labels=any(
                rules[line.id].label_payer == Payer.SHOPPER for line in part.lines
            ),
        )
        for part in parts
    ]


def why_no_new_address(*, order: OrderData) -> str:
    """Say why the address of an order cannot change; "" when it can."""
    return readdressing.why_not(list(order.seller_orders))


@unconfined()
def goes_back_on_sale(*, case: CaseData) -> dict[int, bool]:
    """Return by order line whether policy lets its units go back on sale when they came back."""
    part = orders.seller_orders_by_id(seller_order_ids=[case.seller_order_id])[case.seller_order_id]
    rules = policies.rules_for([part])
    return {line.order_line_id: rules[line.order_line_id].puts_back for line in case.lines}


def exchanges(*, lines: Sequence[LineData]) -> dict[int, dict[int, str]]:
    """Return by line what may be sent instead: variants of the same price, in words."""
    return exchanging.choices_for(lines)


def _choice(line: LineData, most: int, why_not: str = "", until: object = None) -> LineChoice:
    return LineChoice(
        order_line_id=line.id,
        title=line.title,
        options=line.options,
        image=line.image,
        most=0 if why_not else most,
        why_not=why_not,
        until=until,  # type: ignore[arg-type]
    )


def _returnable(
    part: SellerOrderData, line: LineData, rules: policies.Rules, sent: dict[int, int]
) -> LineChoice:
    why = returning.why_not(part, rules)
    return _choice(line, out_of(line, sent), why, policies.until(part, rules))


def _claimable(part: SellerOrderData, line: LineData, sent: dict[int, int]) -> LineChoice:
    why = claiming.why_not(part, "lost")
    return _choice(line, out_of(line, sent), why)


def _withdrawable(
    part: SellerOrderData,
    line: LineData,
    rules: policies.Rules,
    waiting: dict[int, int],
    sent: dict[int, int],
) -> LineChoice:
    why = withdrawing.why_not(part, rules)
    end = part.delivered_at + policies.LAW if part.delivered_at else None
    return _choice(line, sum(withdrawing.withdrawable(line, waiting, sent)), why, end)
