"""Giving a bought card back: it is void, and what was left on it goes to where it came from."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from commerce.credits import operations as credits
from commerce.kernel import actor, clock
from commerce.kernel.money import Money
from commerce.payments import operations as payments

from .models import Purchase
from .refusals import CardHeld, NothingLeft, NotRefundable
from .settling import lock
from .types import PREFIX


@transaction.atomic
def refund(
    *,
    token: str,
    reason: str,
    in_time: bool = True,
    elsewhere: bool = False,
    found: int | None = None,
) -> Money:
    """Give what is left on a card back to where its money came from, once; returns how much.

    For whoever has the buyer's link, within the days of withdrawal; for staff with the
    right at any time (`in_time` False). `elsewhere`, it went back in the provider's
    dashboard, with the refund `found` or in parts: nothing more is sent, and no bank is
    waited for. The card is void at the same instant, so nobody spends what goes back.
    Raises NoSuchPurchase and NotRefundable.
    """
    actor.tell_database(cause=reason)
    purchase = lock(token)
    amount = Money(purchase.refunded_minor, purchase.currency)
    if purchase.state == Purchase.State.REFUNDED:
        return amount
    if purchase.state != Purchase.State.PAID or purchase.credit_id is None:
        raise NotRefundable("This gift card is not paid, so there is nothing to give back.")
    if in_time and not _is_in_time(purchase):
        raise NotRefundable("The days in which a gift card can be given back are over.")
    payment_token = f"{PREFIX}{purchase.token}"
    if not payments.lock_captured(order_token=payment_token) and not elsewhere:
        raise NotRefundable("A bank questions this payment. It decides where the money goes.")
    try:
        amount = credits.take_back(
            credit_id=purchase.credit_id, to="refunds:owed", reason=f"{purchase} was given back"
        )
        payments.refund_order(
            order_token=payment_token,
            amount=amount,
            business_key=f"gift-refund:{purchase.pk}",
            reason=f"gift card {purchase}: {reason}",
            found=found,
        )
    except credits.CardInUse:
        raise CardHeld from None
    except credits.NothingToVoid:
        raise NothingLeft from None
    except (payments.RefundTooLarge, payments.WayClosed):
        raise NotRefundable("Its payment was given back in another way already.") from None
    Purchase.objects.filter(pk=purchase.pk).update(
        state=Purchase.State.REFUNDED,
        refunded_minor=amount.minor,
        ended_at=Now(),
        reason=reason[:200],
    )
    return amount


def _is_in_time(purchase: Purchase) -> bool:
    days = timedelta(days=settings.GIFT_CARD_WITHDRAW_DAYS)
    return purchase.paid_at is not None and clock.now() < purchase.paid_at + days
