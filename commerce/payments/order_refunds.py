"""Money of an order on its way back, whatever it was paid with."""

from django.db import transaction

from commerce.credits import operations as credits
from commerce.credits import queries as credit_queries
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money

from .charged_back import is_charged_back, left_on_charge
from .found_refunds import use_found
from .models import Dispute, FoundUse, Payment, Refund
from .refunding import RefundTooLarge, request_refund
from .types import RefundedOrder, RefundWay


class WayClosed(Exception):
    """Money of this order cannot go back this way."""

    def __init__(self, *, way: str, missing: str) -> None:
        self.way = way
        super().__init__(f"A refund as {way.replace('_', ' ')} needs {missing}.")


@unconfined()
@transaction.atomic
def refund_order(
    *,
    order_token: str,
    amount: Money,
    business_key: str,
    reason: str,
    to: RefundWay = "method",
    user_id: int | None = None,
    email: str = "",
    found: int | None = None,
) -> RefundedOrder:
    """Give an amount of an order back, once per business key.

    The caller has locked the order and books who bears the whole amount against
    "refunds:owed", in the same transaction. By "method", the card is refunded as
    far as it paid; what credit paid comes back as store credit, or to a guest as a
    gift card by mail. So it is, whatever was asked for, while the shopper's bank
    questions the payment or has taken it back: the provider refuses what would be
    given twice. What the bank has taken is asked of the card last, so that what credit
    paid still comes back. What somebody refunded in the provider's dashboard is taken for
    what cannot go back any more; with `found`, all of it is that refund. Repeating the key
    changes nothing. Raises RefundTooLarge and WayClosed.
    """
    payment = _captured(order_token)
    credits.lock_spends(order_token=order_token)
    known = _known(business_key)
    if known is not None:
        return known
    left = _left(order_token, payment)
    used = _use_found(
        payment, amount, left=left, business_key=business_key, reason=reason, found=found
    )
    wanted = amount.minor - used
    if payment is not None and _is_disputed(payment):
        to = "method"
    by_card = _by_card(payment, wanted, left) if payment and to == "method" else 0
    refund_id = None
    if payment is not None and by_card:
        refund_id = request_refund(
            payment_id=payment.pk,
            amount=Money(by_card, amount.currency),
            business_key=business_key,
            reason=reason,
        )
    rest = wanted - by_card
    kind = _kind(to, user_id=user_id, email=email) if rest else ""
    if rest:
        credits.issue(
            kind=kind,
            source="refund",
            amount=Money(rest, amount.currency),
            business_key=f"refund:{business_key}",
            reason=reason,
            paid_by="refunds:owed",
            user_id=user_id if kind == "store_credit" else None,
            email=email,
            order_token=order_token,
        )
    return RefundedOrder(
        method_minor=by_card,
        refund_id=refund_id,
        store_credit_minor=rest if kind == "store_credit" else 0,
        gift_card_minor=rest if kind == "gift_card" else 0,
        found_minor=used,
    )


def _use_found(
    payment: Payment | None,
    amount: Money,
    *,
    left: int,
    business_key: str,
    reason: str,
    found: int | None,
) -> int:
    """Take refunds made elsewhere for what cannot go back any more. Raises RefundTooLarge."""
    over = max(amount.minor - left, 0) if found is None else amount.minor
    if not over:
        return 0
    used = 0
    if payment is not None:
        used = use_found(
            payment, most=over, business_key=business_key, reason=reason, refund_id=found
        )
    if used < over:
        there = used if found is not None else left + used
        raise RefundTooLarge(left=Money(there, amount.currency))
    return used


def lock_captured(*, order_token: str) -> bool:
    """Lock the money of an order or a gift card until the commit, before what it may give back.

    Returns False when there is none, or the shopper's bank questions it or took it back.
    """
    payment = _captured(order_token)
    return payment is not None and not _is_disputed(payment)


def _captured(order_token: str) -> Payment | None:
    return (
        Payment.objects.select_for_update()
        .filter(order_token=order_token, state=Payment.State.CAPTURED)
        .first()
    )


def _by_card(payment: Payment, wanted: int, left: int) -> int:
    on_card = payment.captured_minor - payment.refunded_minor
    if not is_charged_back(payment):
        return min(wanted, on_card)
    there = min(on_card, max(left_on_charge(payment), 0))
    return max(min(wanted, there), wanted - (left - on_card))


def _is_disputed(payment: Payment) -> bool:
    return payment.disputes.exclude(state=Dispute.State.WON).exists()


def _left(order_token: str, payment: Payment | None) -> int:
    """Return how much of what an order brought is not on its way back."""
    spent = credit_queries.spent_on(order_tokens=[order_token])[order_token]
    left = sum(use.amount.minor for use in spent) - credit_queries.given_back(
        order_token=order_token
    )
    if payment is not None:
        left += payment.captured_minor - payment.refunded_minor
    return left


def _kind(to: RefundWay, *, user_id: int | None, email: str) -> str:
    kind = to if to != "method" else "store_credit" if user_id else "gift_card"
    if kind == "store_credit" and user_id is None:
        raise WayClosed(way=kind, missing="an account")
    if kind == "gift_card" and not email:
        raise WayClosed(way=kind, missing="an email address")
    return kind


def _known(business_key: str) -> RefundedOrder | None:
    refund = Refund.objects.filter(business_key=business_key).first()
    credit = credit_queries.by_business_key(business_key=f"refund:{business_key}")
    used = sum(
        FoundUse.objects.filter(business_key=business_key).values_list("amount_minor", flat=True)
    )
    if refund is None and credit is None and not used:
        return None
    given = credit.issued.minor if credit else 0
    return RefundedOrder(
        method_minor=refund.amount_minor if refund else 0,
        refund_id=refund.pk if refund else None,
        store_credit_minor=given if credit and credit.kind == "store_credit" else 0,
        gift_card_minor=given if credit and credit.kind == "gift_card" else 0,
        found_minor=used,
    )
