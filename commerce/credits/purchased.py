"""What happens to a gift card that somebody paid for: blocked, taken back, its code replaced."""

import contextlib
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Now

from commerce.kernel import actor
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger

from .codes import code_of, hash_of, new_seed
from .models import ACCOUNTS, Credit, Spend


class NothingToVoid(Exception):
    """The credit is void, expired or spent already."""


class CardInUse(Exception):
    """An order that waits for its payment holds money of the card; it may come back to it."""


class BoughtCard(Exception):
    """The card was paid for: its money goes back to its buyer, or stays on it."""


@transaction.atomic
def take_back(
    *, credit_id: int, to: str, reason: str, even_in_use: bool = False, most: int | None = None
) -> Money:
    """Make a card void and owe what is left of it to a ledger account; returns how much.

    Nobody spends it at the same instant: its row is locked, and spending is one guarded
    update of that row. Raises NothingToVoid, and CardInUse while an order holds money of it,
    unless that may keep what it holds. With `most`, in minor units, no more than that is
    taken, and the card stays as long as something is left or may come back to it.
    """
    card = Credit.objects.select_for_update().get(pk=credit_id)
    spends = card.spends.filter(state=Spend.State.HELD)
    held = sum(spends.values_list("amount_minor", flat=True))
    if held and not even_in_use:
        raise CardInUse
    left = card.balance_minor if most is None else min(most, card.balance_minor)
    if card.voided_at is not None or not left:
        raise NothingToVoid
    is_over = most is None or most >= card.balance_minor + held
    gone = (
        {
            "voided_at": Now(),
            "void_reason": reason[:200],
            "voided_by": actor.current()[:80],
        }
        if is_over
        else {}
    )
    Credit.objects.filter(pk=credit_id).update(
        balance_minor=F("balance_minor") - left, expired_minor=F("expired_minor") + left, **gone
    )
    key = f"credit-taken-back:{credit_id}"
    ledger.post(
        business_key=key if is_over else f"{key}:{card.expired_minor + left}",
        kind="credit taken back",
        entries={ACCOUNTS[card.kind]: left, to: -left},
        currency=card.currency,
        memo=reason,
    )
    return Money(left, card.currency)


@transaction.atomic
def block(*, credit_id: int, blocked: bool) -> None:
    """Let nobody pay with a card while it is unsure that it was paid for, or let them again.

    Nor with what came back as credit from orders that the card paid for: whoever orders
    and cancels would have clean money else.
    """
    # Whoever gives money of these orders back meanwhile is waited for, or waits.
    list(Spend.objects.select_for_update().filter(credit_id=credit_id).order_by("pk").values("pk"))
    since = Coalesce("blocked_at", Now()) if blocked else None
    Credit.objects.filter(pk=credit_id).update(blocked_at=since)
    back = Credit.objects.filter(pk__in=came_back(credit_id=credit_id))
    if not blocked:
        others = Spend.objects.filter(credit__blocked_at__isnull=False)
        others = others.exclude(credit_id__in=list(back.values_list("pk", flat=True)))
        back = back.exclude(order_token__in=others.values("order_token"))
    back.update(blocked_at=since)


def came_back(*, credit_id: int) -> list[int]:
    """Return what orders that a card paid for gave back as credit, and those that this paid for."""
    found: list[int] = []
    newest = [credit_id]
    while newest:
        orders = Spend.objects.filter(credit_id__in=newest, state=Spend.State.SPENT)
        rows = Credit.objects.filter(
            source=Credit.Source.REFUND, order_token__in=orders.values("order_token")
        ).exclude(pk__in=[credit_id, *found])
        newest = list(rows.order_by("pk").values_list("pk", flat=True))
        found += newest
    return found


@transaction.atomic
def take_back_spent(*, credit_id: int, to: str, reason: str, most: int) -> None:
    """Take what orders gave back of a card, in minor units no more than `most`.

    Nor more than the card paid of each order: what else paid it stays the shopper's.
    """
    back = list(
        Credit.objects.filter(pk__in=came_back(credit_id=credit_id))
        .order_by("pk")
        .values_list("pk", "order_token")
    )
    spent = Spend.objects.filter(
        credit_id__in=[credit_id, *(pk for pk, _ in back)], state=Spend.State.SPENT
    )
    paid = dict(
        spent.values("order_token")
        .annotate(sum=Sum("amount_minor"))
        .values_list("order_token", "sum")
    )
    for pk, order_token in back:
        share = min(most, paid[order_token])
        if share > 0:
            with contextlib.suppress(NothingToVoid):
                taken = take_back(credit_id=pk, to=to, reason=reason, even_in_use=True, most=share)
                most -= taken.minor
                paid[order_token] -= taken.minor


def is_doubted(*, order_token: str) -> bool:
    """Whether an order took money from a credit that is blocked: so is what comes back of it."""
    return Spend.objects.filter(order_token=order_token, credit__blocked_at__isnull=False).exists()


def new_code(*, credit_id: int) -> None:
    """Give a card another code: whoever has the old one holds nothing any more."""
    Credit.objects.filter(pk=credit_id, kind=Credit.Kind.GIFT_CARD).update(
        **code_fields(new_seed())
    )


def code_fields(seed: str) -> dict[str, Any]:
    """Return what is stored of the code that a seed makes."""
    code = code_of(seed)
    return {"code_seed": seed, "code_hash": str(hash_of(code)), "code_ending": code[-4:]}
