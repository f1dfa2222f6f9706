"""What carriers say of parcels: heard by notice, asked for when none comes.

An update holds all that is known of a parcel's way. What is new in it is added,
what is known is left alone, and what the shopper sees is the latest by the
carrier's own clock; so updates may come twice, late and in any order.
"""

import hashlib
import time
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from commerce.gateways.carriers import (
    CarrierRefused,
    CarrierUnavailable,
    TrackedEvent,
    TrackingUpdate,
    get_carrier_gateway,
    is_set_up,
)
from commerce.kernel import actor
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries

from .models import Label, Shipment, TrackingEvent
from .sending import NotLabeled, NotShippable, TooMany, deliver, hand_over

log = structlog.get_logger(__name__)

# With the task every ten minutes an update is here within the hour, without any notice.
ASK_AGAIN = timedelta(minutes=40)
STOP_ASKING = timedelta(days=60)
# The task runs every ten minutes; the next one goes on where this one ends.
MOST_SECONDS = 480
_BEFORE_THE_CARRIER = {"unknown", "pre_transit", "cancelled", "error"}


def record_tracking(*, update: TrackingUpdate) -> str:
    """Take what a carrier says of a parcel; returns a word for the log.

    A parcel that the carrier has and nobody reported as sent is sent by it; one
    that arrived is delivered. Repeating it changes nothing.
    """
    with actor.acting_as("carrier"):
        shipment = _parcel_of(update)
        if shipment is None:
            return "ignored: no parcel of ours"
        arrived = _keep(shipment, update)
        if arrived:
            deliver(seller_id=shipment.seller_id, shipment_id=shipment.pk)
        return "delivered" if arrived else "recorded"


def _parcel_of(update: TrackingUpdate) -> Shipment | None:
    if not update.tracker_id:
        return None
    shipment = Shipment.objects.filter(tracker_id=update.tracker_id).first()
    if shipment is not None:
        return shipment
    label = Label.objects.filter(tracker_id=update.tracker_id, state=Label.State.BOUGHT).first()
    if label is None or not _has_it(update):
        return None
    try:
        shipment_id = hand_over(seller_id=label.seller_id, label_id=label.pk)
    except (NotLabeled, NotShippable, TooMany) as refusal:
        log.error("tracking.not_sent", label=label.pk, error=str(refusal))
        return None
    return Shipment.objects.get(pk=shipment_id)


def _has_it(update: TrackingUpdate) -> bool:
    """Tell whether the carrier has seen the parcel itself."""
    said = {update.status, *(event.status for event in update.events)}
    return bool(said - _BEFORE_THE_CARRIER)


@transaction.atomic
def _keep(shipment: Shipment, update: TrackingUpdate) -> bool:
    """Add what is new under the order's lock; returns whether the parcel arrived."""
    part = order_queries.seller_orders_by_id(seller_order_ids=[shipment.seller_order_id])
    orders.lock(token=part[shipment.seller_order_id].order_token)
    TrackingEvent.objects.bulk_create(
        (
            TrackingEvent(
                shipment=shipment,
                key=_key(event),
                at=event.at,
                status=event.status,
                message=event.message or event.status.replace("_", " ").capitalize(),
                place=event.place,
            )
            for event in update.events
        ),
        ignore_conflicts=True,
    )
    latest = TrackingEvent.objects.filter(shipment=shipment).order_by("-at", "-pk").first()
    newest_told = max((event.at for event in update.events), default=None)
    is_news = latest is None or newest_told is None or newest_told >= latest.at
    changes: dict[str, object] = {"status": latest.status if latest else update.status}
    if is_news and update.expected_on:
        changes["expected_on"] = update.expected_on
    Shipment.objects.filter(pk=shipment.pk).update(**changes)
    return TrackingEvent.objects.filter(shipment=shipment, status="delivered").exists()


def _key(event: TrackedEvent) -> str:
    said = "\n".join([event.at.isoformat(), event.status, event.message, event.place])
    return hashlib.sha256(said.encode()).hexdigest()


def poll_parcels(*, batch: int = 100, seconds: float = MOST_SECONDS) -> int:
    """Ask about parcels under way that nobody asked about lately; returns how many.

    Goes on in batches until all were asked about or the seconds are over: then the log
    says how many wait, and since when the oldest does. Stops when the service is away.
    A task runs it.
    """
    if not is_set_up():
        return 0
    until = time.monotonic() + seconds
    asked = 0
    while due := list(_due()[:batch]):
        for shipment in due:
            if time.monotonic() >= until:
                _tell_who_waits(asked)
                return asked
            try:
                asked += _look_at(shipment)
            except CarrierUnavailable as problem:
                log.warning("tracking.stopped", asked=asked, error=str(problem))
                return asked
    return asked


def _look_at(shipment: Shipment) -> bool:
    """Ask about one parcel; returns False when the carrier knows nothing of it."""
    Shipment.objects.filter(pk=shipment.pk).update(asked_at=Now())
    try:
        update = _ask(shipment)
    except CarrierRefused as refusal:
        log.info("tracking.refused", shipment=shipment.pk, code=refusal.code)
        return False
    record_tracking(update=update)
    return True


def _tell_who_waits(asked: int) -> None:
    waiting = _due().count()
    oldest = _due().first()
    if oldest is not None:
        since = oldest.asked_at or oldest.shipped_at
        log.warning(
            "tracking.behind",
            asked=asked,
            waiting=waiting,
            oldest=oldest.pk,
            since=since.isoformat(),
        )


def _due() -> QuerySet[Shipment]:
    rows = Shipment.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=Now() - ASK_AGAIN),
        state=Shipment.State.SHIPPED,
        shipped_at__gt=Now() - STOP_ASKING,
    ).exclude(tracking_number="")
    return rows.select_related("carrier").order_by(F("asked_at").asc(nulls_first=True), "pk")


def _ask(shipment: Shipment) -> TrackingUpdate:
    gateway = get_carrier_gateway()
    tracker_id = shipment.tracker_id
    if not tracker_id:
        tracker_id = gateway.watch(
            carrier=shipment.carrier.code, tracking_number=shipment.tracking_number
        )
        Shipment.objects.filter(pk=shipment.pk).update(tracker_id=tracker_id)
    return gateway.track(tracker_id=tracker_id)
