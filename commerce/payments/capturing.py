"""Reserved money: how much of it is taken, and what is asked for when it is gone."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from commerce.outbox.bus import publish

from .events import AuthorizationLapsed
from .models import Payment
from .queries import as_data
from .types import PaymentData

SOON = timedelta(minutes=1)


def look_soon(*, order_token: str) -> bool:
    """Have the reserved money of an order looked at now: something about its order changed.

    Returns whether there is any.
    """
    reserved = Payment.objects.filter(order_token=order_token, state=Payment.State.AUTHORIZED)
    return bool(reserved.update(check_at=Now(), updated_at=Now()))


def look_when_due(*, payment_id: int) -> None:
    """Leave reserved money alone until it is due, or something changes.

    Runs in the caller's transaction, which has locked the order.
    """
    Payment.objects.filter(pk=payment_id, state=Payment.State.AUTHORIZED).update(
        check_at=F("capture_by")
    )


def agree_to_capture(*, payment_id: int, amount_minor: int) -> PaymentData:
    """Fix what of the reserved money is taken; said again, it stays what it was.

    Runs in the caller's transaction, which has locked the order.
    """
    Payment.objects.filter(
        pk=payment_id, state=Payment.State.AUTHORIZED, capture_minor=None
    ).update(capture_minor=amount_minor)
    Payment.objects.filter(pk=payment_id).update(check_at=Now() + SOON, updated_at=Now())
    return as_data(Payment.objects.get(pk=payment_id))


def note_lapsed(*, payment_id: int, period: timedelta) -> bool:
    """Note that an order's reserved money is gone, and until when it waits for other money.

    Its shopper is told. Returns False when that was noted before.
    """
    changed = Payment.objects.filter(pk=payment_id, renew_by=None).update(
        renew_by=Now() + period, check_at=Now() + period, updated_at=Now()
    )
    if changed:
        token = Payment.objects.values_list("order_token", flat=True).get(pk=payment_id)
        publish(AuthorizationLapsed(payment_id=payment_id, order_token=token))
    return changed == 1
