"""The code on its way to the recipient: on its day, and again when a mail went astray."""

from datetime import UTC, date, datetime, time

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate

from commerce.audit import operations as audit
from commerce.credits import operations as credits
from commerce.kernel import clock
from commerce.outbox.bus import publish

from .events import GiftCardDue, GiftCardReaddressed
from .models import Purchase
from .refusals import NoSuchPurchase, NotSendable

_DUE = Q(
    state=Purchase.State.PAID,
    delivered_at=None,
    credit__blocked_at=None,
    credit__voided_at=None,
) & (Q(deliver_on=None) | Q(deliver_on__lte=TruncDate(Now())))


def noon_of(day: date | None) -> datetime | None:
    """Return from when a card that is sent on a day is valid; None for at once."""
    return datetime.combine(day, time(12), tzinfo=UTC) if day else None


def masked(email: str) -> str:
    """Return an address as somebody else may read it: its first letter and where it is."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def send_due(*, limit: int = 200) -> int:
    """Have the codes mailed whose day has come, by the database's clock; returns how many."""
    due = Purchase.objects.filter(_DUE).order_by("pk").values_list("pk", flat=True)[:limit]
    return sum(send_if_due(purchase_id=pk) for pk in list(due))


@transaction.atomic
def send_if_due(*, purchase_id: int) -> bool:
    """Have a code mailed when its day has come, once; who comes second finds it sent."""
    due = Purchase.objects.filter(_DUE, pk=purchase_id).values("pk")
    changed = Purchase.objects.filter(pk__in=due, delivered_at=None).update(
        delivered_at=Now(), deliveries=F("deliveries") + 1
    )
    if changed:
        publish(GiftCardDue(purchase_id=purchase_id, delivery=1))
    return bool(changed)


@transaction.atomic
def resend(*, purchase_id: int, email: str) -> None:
    """Mail a card's code again, perhaps to a corrected address. For staff with the right.

    Whoever got it at another address before holds nothing any more: the card has another
    code then, and its buyer is told. Before its day only the address is corrected. Raises
    NoSuchPurchase, and NotSendable when the card is not paid, was given back or is not to be used.
    """
    rows = Purchase.objects.select_for_update(of=("self",)).select_related("credit")
    purchase = rows.filter(pk=purchase_id).first()
    if purchase is None or purchase.credit is None:
        raise NoSuchPurchase(purchase_id)
    if purchase.state != Purchase.State.PAID:
        raise NotSendable("This gift card was given back. There is nothing to send.")
    if purchase.credit.voided_at is not None or purchase.credit.blocked_at is not None:
        raise NotSendable("A bank took this gift card's payment, or questions it. Do not send it.")
    moved = email.lower() != purchase.recipient_email.lower()
    sent = purchase.delivered_at is not None
    if moved and sent:
        credits.new_code(credit_id=purchase.credit.pk)
    audit.record(
        action="gift_card.resent", subject=str(purchase), details={"another_address": moved}
    )
    Purchase.objects.filter(pk=purchase_id).update(
        recipient_email=email, deliveries=F("deliveries") + int(sent)
    )
    if moved:
        at = clock.now().isoformat()
        publish(GiftCardReaddressed(purchase_id=purchase_id, masked=masked(email), at=at))
    if sent:
        publish(GiftCardDue(purchase_id=purchase_id, delivery=purchase.deliveries + 1))
