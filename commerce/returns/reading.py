"""Rows of cases become what others may know of them; for this module's own use."""

from collections import defaultdict

from django.db.models import QuerySet

from commerce.catalog import queries as catalog
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import AdjustmentData

from .models import Case, CaseEvent, CaseLine
from .types import CaseData, CaseEventData, CaseLineData


def cases_where(rows: QuerySet[Case]) -> list[CaseData]:
    """Return cases with their lines, what happened and what was given back."""
    found = list(
        rows.select_related("seller_order__order")
        .prefetch_related("lines__order_line", "events", "pictures")
        .order_by("pk")
    )
    given = orders.adjustments_of(seller_order_ids=[case.seller_order_id for case in found])
    refunds = {one.business_key: one for adjustments in given.values() for one in adjustments}
    wanted = {line.replacement_id for case in found for line in case.lines.all()} - {None}
    instead: dict[int, str] = defaultdict(str)
    if wanted:
        for variant in catalog.variants(variant_ids=[pk for pk in wanted if pk]).values():
            instead[variant.id] = " / ".join(map(str, variant.option_values)) or variant.sku
    return [_case(case, refunds.get(f"case:{case.pk}"), instead) for case in found]


def _case(case: Case, given: AdjustmentData | None, instead: dict[int, str]) -> CaseData:
    part = case.seller_order
    order = part.order
    return CaseData(
        id=case.pk,
        token=case.token,
        number=case.number,
        kind=case.kind,
        basis=case.basis,
        remedy=case.remedy,
        state=case.state,
        reason=case.reason,
        reason_label=Case.Reason(case.reason).label,
        note=case.note,
        refund_to=case.refund_to,
        seller_id=case.seller_id,
        seller_order_id=part.pk,
        part_number=part.number,
        order_id=order.pk,
        order_token=order.token,
        order_number=order.number,
        email=order.email,
        asked_by=case.asked_by,
        answer=case.answer,
        appeal=case.appeal,
        return_to=case.return_to,
        tracking_number=case.tracking_number,
        replacement_tracking=case.replacement_tracking,
        replaced_at=case.replaced_at,
        withheld=Money(case.withheld_minor, order.currency),
        refund=given.refund if given and not given.uncharged else None,
        adjustment_id=given.id if given else None,
        returned_before_bps=case.returned_before_bps,
        is_suspect=case.is_suspect,
        due_at=case.due_at,
        created_at=case.created_at,
        lines=tuple(
            _line(line, instead) for line in sorted(case.lines.all(), key=lambda line: line.pk)
        ),
        events=tuple(
            _event(event) for event in sorted(case.events.all(), key=lambda event: event.version)
        ),
        picture_ids=tuple(sorted(picture.pk for picture in case.pictures.all())),
    )


def _line(line: CaseLine, instead: dict[int, str]) -> CaseLineData:
    return CaseLineData(
        id=line.pk,
        order_line_id=line.order_line_id,
        title=line.order_line.title,
        options=line.order_line.options,
        sku=line.order_line.sku,
        image=line.order_line.image,
        variant_id=line.order_line.variant_id,
        quantity=line.quantity,
        condition=line.condition,
        accepted_quantity=line.accepted_quantity,
        put_back_quantity=line.put_back_quantity,
        replacement_id=line.replacement_id,
        replacement=instead[line.replacement_id] if line.replacement_id else "",
    )


def _event(event: CaseEvent) -> CaseEventData:
    return CaseEventData(
        from_state=event.from_state,
        to_state=event.to_state,
        actor=event.actor,
        cause=event.cause,
        at=event.at,
    )
