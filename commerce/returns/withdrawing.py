"""Withdrawal from a contract (Directive 2011/83/EU as amended by 2023/2673): no reason, no consent.

Declared in two steps, received at once on a durable medium, effective whatever the
return policy says, from the order until 14 days after the last parcel came.
"""

from django.db import transaction

from commerce.kernel import actor, clock
from commerce.orders.types import LineData, SellerOrderData
from commerce.outbox.bus import publish

from .cancelling import grant
from .cases import (
    Kind,
    NotPossible,
    NotThatMany,
    busy_units,
    lock_order,
    open_case,
    out_of,
    split_units,
)
from .events import WithdrawalDeclared
from .models import Case, Withdrawal
from .policies import LAW, Rules, rules_for
from .returning import approve_return
from .types import Units, Wish


def why_not(part: SellerOrderData, rules: Rules) -> str:
    """Say why the contract about a line cannot be withdrawn from; "" when it can."""
    if part.state == "canceled":
        return "was canceled"
    if rules.exempt_because:
        return f"is excepted by law: {rules.exempt_because}"
    if part.delivered_at is not None and clock.now() > part.delivered_at + LAW:
        end = part.delivered_at + LAW
        return f"could be withdrawn from until {end:%-d %B %Y}"
    return ""


def withdrawable(line: LineData, waiting: Units, sent: Units) -> tuple[int, int]:
    """Return how many units were not sent yet, and how many are with the shopper, in no case."""
    unsent = max(line.open_quantity - waiting.get(line.id, 0), 0)
    return unsent, out_of(line, sent)


@transaction.atomic
def withdraw(*, order_token: str, units: Units, name: str, email: str) -> int:
    """Withdraw from the contract about units of an order; returns the declaration's id.

    What was not sent is canceled and refunded at once; what was is to be sent back
    within 14 days and is refunded, with the shipping when all of a part goes, once it
    came. The caller knows the order's token. Raises NotFound, NotPossible, NotThatMany.
    """
    order, parts = lock_order(order_token)
    if not name.strip():
        raise NotPossible("Enter your name.")
    ids = [part.id for part in parts]
    waiting, sent = busy_units(ids, sent=False), busy_units(ids, sent=True)
    rules = rules_for(parts)
    said = []
    for part, own in split_units(parts, units):
        unsent_units, sent_units = {}, {}
        for line in part.lines:
            count = own.get(line.id, 0)
            if not count:
                continue
            why = why_not(part, rules[line.id])
            unsent, out = (0, 0) if why else withdrawable(line, waiting, sent)
            if count > unsent + out:
                raise NotThatMany(line_id=line.id, title=line.title, most=unsent + out, why=why)
            unsent_units[line.id] = min(count, unsent)
            sent_units[line.id] = count - min(count, unsent)
            said.append(f"{count} × {line.title} ({line.sku})")
        _cancel(part, {pk: n for pk, n in unsent_units.items() if n})
        _take_back(part, {pk: n for pk, n in sent_units.items() if n})
    actor.tell_database(cause="withdrawal")
    row = Withdrawal.objects.create(
        order_id=order.id,
        name=name.strip()[:120],
        email=email,
        statement=(
            f"I withdraw from my contract for the following goods, ordered as {order.number} on "
            f"{order.placed_at:%-d %B %Y}: {'; '.join(said)}."
        )[:5000],
        units={str(pk): count for pk, count in units.items() if count},
    )
    publish(WithdrawalDeclared(withdrawal_id=row.pk))
    return row.pk


def _cancel(part: SellerOrderData, units: Units) -> None:
    if units:
        wish = Wish(units=units, reason=Case.Reason.CHANGED_MIND)
        case = open_case(part, units, kind=Kind.CANCEL, wish=wish, basis=Case.Basis.WITHDRAWAL)
        grant(case, cause="withdrawal from the contract")


def _take_back(part: SellerOrderData, units: Units) -> None:
    if units:
        wish = Wish(units=units, reason=Case.Reason.CHANGED_MIND)
        case = open_case(part, units, kind=Kind.RETURN, wish=wish, basis=Case.Basis.WITHDRAWAL)
        approve_return(case, cause="withdrawal from the contract")
