"""Giving a bought card back: it is void, and what was left on it goes to where it came from."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from commerce.credits import operations as credits
from commerce.credits import queries as cards
from commerce.kernel import actor, clock
from commerce.kernel.money import Money
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries

from .models import Purchase
from .queries import is_gift, token_of
from .queries import purchase as find
from .refusals import NothingLeft, NotRefundable
from .settling import lock
from .types import PREFIX

_PENDING_ORDER = (
    "An order that is being paid uses this gift card right now. Please try again in an hour."
)


@transaction.atomic
def refund(*, token: str, reason: str, in_time: bool = True, found: int | None = None) -> Money:
    """Give what is left on a card back to where its money came from, once; returns how much.

    For whoever has the buyer's link, within the days of withdrawal; for staff with the
    right at any time (`in_time` False). With `found`, a refund that was made in the
    provider's dashboard was it, and nothing more is sent. The card is void at the same
    instant, so nobody spends what goes back. Raises NoSuchPurchase and NotRefundable.
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
    if not payments.lock_captured(order_token=payment_token):
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
        raise NotRefundable(_PENDING_ORDER) from None
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


def heed_found_refund(*, order_token: str) -> bool:
    """Make a card void when somebody gave back what was left on it in the provider's dashboard.

    What was given back beyond, or of a card that was spent, stays the marketplace's loss.
    Returns whether there was such a card. Raises NotRefundable while an order holds
    money of it: it is heard again later.
    """
    if not is_gift(order_token=order_token):
        return False
    purchase = find(token=token_of(order_token))
    attempts = payment_queries.of_order(order_tokens=[order_token]).get(order_token, [])
    taken = next((each for each in attempts if each.state == "captured"), None)
    if purchase is None or purchase.state != "paid" or purchase.credit_id is None or taken is None:
        return False
    left = cards.credits(credit_ids=[purchase.credit_id])[purchase.credit_id].balance.minor
    unused = payment_queries.unused_found_refunds(payment_id=taken.id)
    found = next((each.id for each in unused if each.unused.minor >= left), None)
    is_all = sum(each.unused.minor for each in unused) >= taken.captured_minor
    if found is None and not is_all:
        return False
    try:
        refund(
            token=purchase.token,
            reason="refunded in the provider's dashboard",
            in_time=False,
            found=found,
        )
    except NothingLeft:
        return False
    return True


def _is_in_time(purchase: Purchase) -> bool:
    days = timedelta(days=settings.GIFT_CARD_WITHDRAW_DAYS)
    return purchase.paid_at is not None and clock.now() < purchase.paid_at + days
