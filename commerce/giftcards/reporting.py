"""A mail with a gift card that was not meant kindly: whoever got it tells us."""

import structlog
from django.db import transaction
from django.db.models.functions import Now

from commerce.audit import operations as audit

from .models import Purchase
from .queries import by_report_key
from .refusals import NoSuchPurchase

log = structlog.get_logger(__name__)


@transaction.atomic
def report(*, key: str) -> None:
    """Note that a card's mail was reported, for staff to look at; for whoever got the mail.

    Its buyer sends no message with a card for a month. Done twice it changes nothing. Raises
    NoSuchPurchase.
    """
    purchase = by_report_key(key=key)
    if purchase is None:
        raise NoSuchPurchase(key)
    noted = Purchase.objects.filter(pk=purchase.id, reported_at=None).update(reported_at=Now())
    if noted:
        audit.record(action="gift_card.reported", subject=purchase.number)
        log.error("giftcard.reported", gift=purchase.number)
