"""Failed refunds of payments that the shopper's bank took: what it gave is not given again."""

from django.db.models import F, Sum

from commerce.credits import queries as credits
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger

from .models import Decision, Dispute, Payment, Refund


class ChargedBack(Exception):
    """The shopper's bank gave the money back; the charge does not hold so much any more."""

    def __init__(self, *, left: Money) -> None:
        self.left = left
        super().__init__(
            "The shopper's bank took this payment back, so that it holds only"
            f" {left} which could be refunded. Book the refund as paid another way instead."
        )


def is_charged_back(payment: Payment) -> bool:
    """Whether a dispute about the payment was lost."""
    return payment.disputes.filter(state=Dispute.State.LOST).exists()


def left_on_charge(payment: Payment) -> int:
    """Return what neither refunds nor the shopper's bank have taken of what came in.

    Refunds that failed took nothing. Negative when the bank took what was refunded before.
    """
    lost = payment.disputes.filter(state=Dispute.State.LOST)
    sent = payment.refunds.exclude(state=Refund.State.FAILED)
    return (
        payment.captured_minor
        - int(lost.aggregate(sum=Sum("amount_minor"))["sum"] or 0)
        - int(sent.aggregate(sum=Sum(F("amount_minor") - F("covered_minor")))["sum"] or 0)
    )


def covered_by_bank(refund: Refund) -> int:
    """Return how much of a failed refund the shopper has from the bank, in minor units.

    That is what is left of it when shoppers get no more than they paid, be it from us,
    from the bank or as credit.
    """
    payment = refund.payment
    if not is_charged_back(payment):
        return 0
    token = payment.order_token
    spent = sum(use.amount.minor for use in credits.spent_on(order_tokens=[token])[token])
    by_credit = spent - credits.given_back(order_token=token)
    owed = min(max(left_on_charge(payment) + by_credit, 0), refund.amount_minor)
    return refund.amount_minor - owed


def settle_covered(payment: Payment) -> set[int]:
    """Settle failed refunds that a lost dispute gave the shopper whole; returns which.

    Runs in the caller's transaction, which has locked the payment.
    """
    failed = payment.refunds.select_for_update().filter(state=Refund.State.FAILED)
    settled = set()
    for refund in failed.order_by("pk"):
        refund.payment = payment
        if covered_by_bank(refund) < refund.amount_minor:
            continue
        reason = "The shopper's bank gave it when the dispute was lost."
        settle(refund, covered=refund.amount_minor, reason=reason)
        Decision.objects.create(
            payment=payment,
            refund=refund,
            decision="given by the bank",
            reason=reason,
            actor="rule",
        )
        settled.add(refund.pk)
    return settled


def settle(refund: Refund, *, covered: int, reason: str) -> None:
    """End a failed refund: a part came from the shopper's bank, the rest from ours.

    What the bank gave is booked as a loss with its dispute, so here it comes off again.
    """
    Refund.objects.filter(pk=refund.pk).update(
        state=Refund.State.SETTLED, covered_minor=covered, last_error=""
    )
    ledger.post(
        business_key=f"refund-settled:{refund.pk}",
        kind="refund paid otherwise",
        entries={
            "refunds:owed": refund.amount_minor,
            "losses": -covered,
            "bank": covered - refund.amount_minor,
        },
        currency=refund.payment.currency,
        memo=reason,
    )
