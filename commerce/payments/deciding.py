"""What a person decides about money that no machine can settle, kept with the reason."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.money import Money

from .charged_back import ChargedBack, covered_by_bank, is_charged_back, left_on_charge, settle
from .models import Decision, Payment, Refund
from .nudging import nudge
from .queries import unused_found
from .types import KEPT_AS_LOSS


class RefundNotFailed(Exception):
    """The refund is under way or done; there is nothing to decide."""

    def __init__(self, *, state: str) -> None:
        self.state = state
        super().__init__(f"This refund is {state}; only one that failed can be decided about.")


class NotUnexplained(Exception):
    """Somebody has said what this refund was for, or it was not made elsewhere."""

    def __init__(self) -> None:
        super().__init__("This refund is accounted for; there is nothing to decide.")


def note_decision(
    *, payment_id: int, decision: str, reason: str, refund_id: int | None = None
) -> None:
    """Keep who decided what about a payment, and why. Runs in the caller's transaction."""
    Decision.objects.create(
        payment_id=payment_id,
        refund_id=refund_id,
        decision=decision,
        reason=reason[:500],
        actor=actor.current()[:80],
    )


@transaction.atomic
def retry_refund(*, refund_id: int, reason: str) -> None:
    """Send a failed refund anew, under a key of its own.

    Raises RefundNotFailed, and ChargedBack when a lost dispute left too little.
    """
    refund = _failed(refund_id)
    if is_charged_back(refund.payment):
        left = left_on_charge(refund.payment)
        if left < refund.amount_minor:
            raise ChargedBack(left=Money(max(left, 0), refund.payment.currency))
    Refund.objects.filter(pk=refund_id).update(
        state=Refund.State.REQUESTED,
        provider_refund=None,
        round=F("round") + 1,
        attempts=0,
        due_at=Now(),
    )
    note_decision(
        payment_id=refund.payment_id, refund_id=refund_id, decision="refund retried", reason=reason
    )
    transaction.on_commit(lambda: nudge("send_refunds"))


@transaction.atomic
def settle_otherwise(*, refund_id: int, reason: str) -> None:
    """Note that a failed refund was paid from the marketplace's bank.

    What a lost dispute gave the shopper already is not paid. Raises RefundNotFailed.
    """
    refund = _failed(refund_id)
    settle(refund, covered=covered_by_bank(refund), reason=reason)
    note_decision(
        payment_id=refund.payment_id, refund_id=refund_id, decision="paid otherwise", reason=reason
    )


@transaction.atomic
def keep_as_loss(*, refund_id: int, reason: str) -> None:
    """Note that a refund made in the provider's dashboard stays the marketplace's loss.

    Nothing moves: it was booked so when it was found. Raises NotUnexplained.
    """
    payment = Payment.objects.select_for_update(of=("self",)).get(refunds__pk=refund_id)
    if not unused_found(unexplained=True).filter(pk=refund_id).exists():
        raise NotUnexplained
    note_decision(payment_id=payment.pk, refund_id=refund_id, decision=KEPT_AS_LOSS, reason=reason)


def _failed(refund_id: int) -> Refund:
    payment = Payment.objects.select_for_update(of=("self",)).get(refunds__pk=refund_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.state != Refund.State.FAILED:
        raise RefundNotFailed(state=refund.state)
    refund.payment = payment
    return refund
