"""What lessens a seller's money after the sale, and from which earnings it is recovered.

A deduction is taken from the earning of its own order first, else from whatever is
paid out next; until then it is carried, and a seller may owe more than is coming.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F, QuerySet

from commerce.kernel.money import Money

from .models import Absorption, Deduction, Earning


@transaction.atomic
def deduct(
    *,
    seller_id: int,
    kind: str,
    amount: Money,
    business_key: str,
    memo: str = "",
    seller_order_id: int | None = None,
) -> bool:
    """Lessen what a seller will be paid, once per business key.

    The caller books it against the seller's payable account. Returns False, and
    does nothing, when the key was used before. Raises ValueError for no amount.
    """
    if amount.minor <= 0:
        raise ValueError("a deduction takes something")
    _, made = Deduction.objects.get_or_create(
        business_key=business_key,
        defaults={
            "seller_id": seller_id,
            "seller_order_id": seller_order_id,
            "kind": kind,
            "currency": amount.currency,
            "amount_minor": amount.minor,
            "memo": memo[:200],
        },
    )
    if made and seller_order_id is not None:
        take_from_own(seller_order_ids=[seller_order_id])
    return made


def take_from_own(*, seller_order_ids: Iterable[int]) -> None:
    """Take open deductions of parts from the earnings of the same parts, while unpaid."""
    for seller_order_id in sorted(set(seller_order_ids)):
        earnings = _unpaid().filter(seller_order_id=seller_order_id)
        absorb(list(earnings), list(_open().filter(seller_order_id=seller_order_id)))


def take_from_any(earnings: Sequence[Earning], *, seller_id: int, currency: str) -> None:
    """Take a seller's open deductions, oldest first, from locked earnings about to be paid."""
    absorb(earnings, list(_open().filter(seller_id=seller_id, currency=currency)))


def absorb(earnings: Sequence[Earning], deductions: Sequence[Deduction]) -> None:
    """Match locked deductions with locked earnings in order, as far as both reach.

    The rows given are brought up to date with what was taken.
    """
    left = {earning.pk: earning.net_minor for earning in earnings}
    taken = []
    for deduction in deductions:
        wanted = deduction.open_minor
        for earning in earnings:
            amount = min(wanted, left[earning.pk])
            if amount > 0:
                taken.append(Absorption(deduction=deduction, earning=earning, amount_minor=amount))
                left[earning.pk] -= amount
                wanted -= amount
    Absorption.objects.bulk_create(taken)
    for earning in earnings:
        earning.net_minor = left[earning.pk]


def _unpaid() -> "QuerySet[Earning]":
    return (
        Earning.objects.select_for_update()
        .filter(payout=None, net_minor__gt=0)
        .order_by("available_at", "pk")
    )


def _open() -> "QuerySet[Deduction]":
    return (
        Deduction.objects.select_for_update()
        .filter(recovered_minor__lt=F("amount_minor"))
        .order_by("pk")
    )
