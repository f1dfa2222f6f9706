"""A bought card whose money somebody gave back in the provider's dashboard."""

from typing import NamedTuple

import structlog
from django.db import transaction

from commerce.credits import operations as credits
from commerce.credits import queries as cards
from commerce.payments import queries as payments

from .models import Purchase
from .queries import is_gift, token_of
from .refunding import refund
from .refusals import NothingLeft, NotRefundable
from .settling import lock
from .types import PREFIX

log = structlog.get_logger(__name__)


class Found(NamedTuple):
    """What was given back elsewhere is all that is left on a card, or all that was paid."""

    refund_id: int | None
    """The refund that covers what is left; None when several together are the price."""


@transaction.atomic
def heed_found_refund(*, order_token: str) -> bool:
    """Make a card void when somebody gave back what was left on it in the provider's dashboard.

    What was given back beyond, or of a card that was spent, stays the marketplace's loss.
    While an order holds money of the card it is blocked: what comes back to it cannot be
    spent either, and `heed_blocked` decides when that order is settled. Returns whether the
    card was made void. Asked in any order and however often.
    """
    if not is_gift(order_token=order_token):
        return False
    purchase = lock(token_of(order_token))
    if purchase.state != Purchase.State.PAID or purchase.credit_id is None:
        return False
    found = _found(purchase)
    if found is not None:
        try:
            refund(
                token=purchase.token,
                reason="refunded in the provider's dashboard",
                in_time=False,
                elsewhere=True,
                found=found.refund_id,
            )
        except NothingLeft:
            found = None
        except NotRefundable as waits:
            log.info("giftcard.given_back_elsewhere", gift=str(purchase), waits=str(waits))
        else:
            return True
    doubted = bool(payments.open_disputes(order_tokens=[order_token]))
    credits.block(credit_id=purchase.credit_id, blocked=doubted or found is not None)
    return False


def _found(purchase: Purchase) -> Found | None:
    token = f"{PREFIX}{purchase.token}"
    attempts = payments.of_order(order_tokens=[token]).get(token, [])
    taken = next((each for each in attempts if each.state == "captured"), None)
    if taken is None or purchase.credit_id is None:
        return None
    unused = payments.unused_found_refunds(payment_id=taken.id)
    card = cards.credits(credit_ids=[purchase.credit_id])[purchase.credit_id]
    covering = next((each.id for each in unused if each.unused >= card.balance), None)
    is_all = sum(each.unused.minor for each in unused) >= taken.captured_minor
    return Found(covering) if covering is not None or is_all else None


def heed_blocked(*, limit: int = 200) -> int:
    """Decide about cards that are blocked because an order held money of them, as soon as that
    order is settled; returns how many were made void."""
    blocked = Purchase.objects.filter(
        state=Purchase.State.PAID, credit__blocked_at__isnull=False
    ).order_by("credit__blocked_at", "pk")
    tokens = list(blocked.values_list("token", flat=True)[:limit])
    return sum(heed_found_refund(order_token=f"{PREFIX}{token}") for token in tokens)
