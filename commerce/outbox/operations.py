from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Now

from commerce.kernel.actor import acting_as
from commerce.kernel.failpoints import failpoint
from commerce.kernel.retrying import pause

from .facts import hand_over
from .models import Delivery
from .queries import MAX_ATTEMPTS, parked

BACKOFF = [timedelta(seconds=s) for s in (5, 30, 300, 3600, 21_600)]


def deliver(*, delivery_id: int, again: bool = False) -> bool:
    """Run one subscriber and stamp its receipt in the same transaction.

    Returns False when there was nothing to do: delivered already, not due, or
    in the hands of another worker. What the subscriber raises is raised again
    after the next attempt has been scheduled. With `again` the attempt is counted
    before it is made, so that a fact which kills its worker runs out of tries too.
    """
    attempts = 0
    if again and not _count(delivery_id):
        return False
    due = {} if again else {"due_at__lte": Now(), "attempts__lt": MAX_ATTEMPTS}
    try:
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("event")
                .filter(pk=delivery_id, delivered_at=None, given_up_at=None, **due)
                .first()
            )
            if delivery is None:
                return False
            attempts = delivery.attempts
            event = delivery.event
            with (
                acting_as(event.actor),
                structlog.contextvars.bound_contextvars(request_id=event.request_id),
            ):
                failpoint("relay_before_send")
                hand_over(subscriber=delivery.subscriber, payload=event.payload)
                failpoint("relay_after_send")
            Delivery.objects.filter(pk=delivery_id).update(delivered_at=Now())
            return True
    except Exception as error:
        failed = Delivery.objects.filter(pk=delivery_id)
        if not again:
            failed.update(
                attempts=F("attempts") + 1, due_at=Now() + pause(BACKOFF, attempts=attempts)
            )
        failed.update(last_error=repr(error)[:2000])
        raise


@transaction.atomic
def _count(delivery_id: int) -> bool:
    """Count an attempt and say when the next one is due; False when there is nothing to do."""
    waiting = Delivery.objects.select_for_update(skip_locked=True).filter(
        pk=delivery_id, delivered_at=None, given_up_at=None, due_at__lte=Now()
    )
    attempts = waiting.values_list("attempts", flat=True).first()
    if attempts is None:
        return False
    Delivery.objects.filter(pk=delivery_id).update(
        attempts=F("attempts") + 1, due_at=Now() + pause(BACKOFF, attempts=attempts)
    )
    return True


def settle(*, subscribers: str, before: datetime) -> int:
    """Stamp what waited for subscribers whose name begins like this; returns how many.

    For a rebuild that has done their work: facts from `before` it began are in it.
    """
    waiting = Delivery.objects.filter(
        subscriber__startswith=subscribers, delivered_at=None, event__occurred_at__lt=before
    )
    return waiting.update(delivered_at=Now())


def try_again(*, delivery_id: int) -> bool:
    """Give a parked delivery all its attempts anew, at once; False when it is not parked.

    For staff with the right.
    """
    return bool(parked().filter(pk=delivery_id).update(attempts=0, due_at=Now()))


def give_up(*, delivery_id: int, note: str) -> bool:
    """Let a parked delivery go unheard, with a note; False when it is not parked.

    For staff with the right, who have seen to it in another way.
    """
    said = Concat(Value(f"Given up: {note}. "), F("last_error"))
    return bool(parked().filter(pk=delivery_id).update(given_up_at=Now(), last_error=said))
