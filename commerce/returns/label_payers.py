"""Who pays the label of a return, by what was agreed when its goods were ordered.

The seller does, unless a policy says otherwise; what was faulty it pays in any case. The
marketplace pays the carriers itself. A shopper pays by a smaller refund, and only for a
label that the parcel was sent with.
"""

from django.db.models import Q

from .models import Case, LineTerms, Policy, ReturnLabel

FAULTS = frozenset({"not-as-described", "damaged", "defective", "wrong-item", "lost"})
Payer = Policy.LabelPayer


def payer_of(case: Case) -> str:
    """Return who pays the label of a return: the one who is agreed on for all of its lines.

    Where lines differ nobody pays more than was agreed: the shopper none of it, and the
    marketplace none where the seller is to pay for a line.
    """
    if case.reason in FAULTS:
        return Payer.SELLER
    lines = list(case.lines.values_list("order_line_id", flat=True))
    terms = LineTerms.objects.filter(order_line__in=lines)
    agreed = dict(terms.values_list("order_line_id", "label_payer"))
    payers = {agreed.get(line_id, Payer.SELLER) for line_id in lines}
    if Payer.SELLER in payers or not payers:
        return Payer.SELLER
    return payers.pop() if len(payers) == 1 else Payer.MARKETPLACE


def label_payer(*, case_id: int) -> str:
    """Return who pays the label of a return: seller, marketplace or shopper."""
    return payer_of(Case.objects.get(pk=case_id))


def charge_of(case: Case) -> int:
    """Return what the shopper pays for the label that the parcel of a return was sent with."""
    if payer_of(case) != Payer.SHOPPER:
        return 0
    # What was sent before labels were marked is known by the number alone.
    by_number = Q(label__tracking_number__iexact=case.tracking_number) & ~Q(
        label__tracking_number=""
    )
    row = ReturnLabel.objects.filter(
        Q(used_at__isnull=False) | by_number,
        case=case,
        removed_at=None,
        label__state="bought",
        label__currency=case.seller_order.order.currency,
    ).select_related("label").first()  # fmt: skip
    return row.label.cost_minor or 0 if row and row.label else 0
