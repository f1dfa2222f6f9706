"""Failed refunds of payments that the shopper's bank took, or that somebody refunded in the
provider's dashboard beyond what was left: what was given so is not given again."""

from django.db.models import F, QuerySet, Sum

from commerce.credits import queries as credits
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger

from .models import Decision, Dispute, ExcessRefund, Payment, Refund


class ChargedBack(Exception):
    """The money went back in another way; the charge does not hold so much any more."""

    def __init__(self, *, left: Money) -> None:
        self.left = left
        super().__init__(
            "The shopper's bank took this payment back, or it was refunded in the provider's"
            f" dashboard, so that it holds only {left} which could be refunded. Book the refund"
            " as paid another way instead."
        )


def is_charged_back(payment: Payment) -> bool:
    """Whether a dispute about the payment was lost, or it was refunded beyond what was left."""
    lost = payment.disputes.filter(state=Dispute.State.LOST)
    return lost.exists() or _beyond(payment).exists()


def _beyond(payment: Payment) -> "QuerySet[ExcessRefund]":
    return payment.excess_refunds.filter(booked_at__isnull=False)


def left_on_charge(payment: Payment) -> int:
    """Return what neither refunds nor the shopper's bank have taken of what came in.

    Refunds that failed took nothing; those beyond what was left took what they say.
    Negative when the bank took what was refunded before.
    """
    lost = payment.disputes.filter(state=Dispute.State.LOST)
    sent = payment.refunds.exclude(state=Refund.State.FAILED)
    return (
        payment.captured_minor
        - int(lost.aggregate(sum=Sum("amount_minor"))["sum"] or 0)
        - int(sent.aggregate(sum=Sum(F("amount_minor") - F("covered_minor")))["sum"] or 0)
        - int(_beyond(payment).aggregate(sum=Sum("amount_minor"))["sum"] or 0)
    )


def covered_by_bank(refund: Refund) -> int:
    """Return how much of a failed refund the shopper has otherwise, in minor units.

    That is what is left of it when shoppers get no more than they paid, be it from us,
    from the bank, from the dashboard or as credit.
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
    """Settle failed refunds that a lost dispute, or the dashboard, gave whole; returns which.

    Runs in the caller's transaction, which has locked the payment.
    """
    failed = payment.refunds.select_for_update().filter(state=Refund.State.FAILED)
    settled = set()
    for refund in failed.order_by("pk"):
        refund.payment = payment
        if covered_by_bank(refund) < refund.amount_minor:
            continue
        decision, reason = "given by the bank", "The shopper's bank gave it in a lost dispute."
        if _beyond(payment).exists():
            decision, reason = "given elsewhere", "It was given back in the provider's dashboard."
        settle(refund, covered=refund.amount_minor, reason=reason)
        Decision.objects.create(
            payment=payment,
            refund=refund,
            decision=decision,
            reason=reason,
            actor="rule",
        )
        settled.add(refund.pk)
    return settled


def settle(refund: Refund, *, covered: int, reason: str) -> None:
    """End a failed refund: a part was given otherwise, the rest came from our bank.

    What was given otherwise was booked as a loss, with its dispute or when it was found, so
    here it comes off again.
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
