"""Notices to sellers' systems: owed in the transaction of the fact, sent by a worker."""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now

from commerce.catalog import queries as catalog
from commerce.gateways import hooks as gateway
from commerce.inventory import queries as inventory
from commerce.kernel import clock
from commerce.kernel.retrying import spread
from commerce.kernel.sealing import unseal
from commerce.outbox.bus import publish

from .events import EndpointDisabled
from .models import Delivery, Endpoint

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=6)
LONGEST_REST = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=3)
"""How long a notice is tried, and how long an address may fail, before it is called no more."""
LEASE = timedelta(minutes=2)
AT_ONCE = 20
"""Notices to one address in one turn."""
MOST_TURNS = 100
TURN_SECONDS = 2.0
"""After so long a turn ends with the notice that is being sent."""
SLOW_SECONDS = 1.0
REST_FACTOR = 3
"""Who takes longer rests so many times as long: of one worker it has a quarter at most."""
TRUSTED_FAILURES = 3
"""After so many in a row all of an address rests, not only the notice that failed."""


@transaction.atomic
def announce_stock(*, variant_ids: Sequence[int]) -> int:
    """Owe the sellers' addresses what their stock is now; returns how many notices."""
    variants = catalog.variants(variant_ids=variant_ids)
    sellers = {variant.seller_id for variant in variants.values()}
    endpoints = Endpoint.objects.filter(seller_id__in=sellers, state=Endpoint.State.ACTIVE)
    listening = list(endpoints.order_by("pk"))
    if not listening:
        return 0
    heard = {endpoint.seller_id for endpoint in listening}
    wanted = [variant for variant in variants.values() if variant.seller_id in heard]
    levels = inventory.levels(variant_ids=[variant.id for variant in wanted])
    places = inventory.location_names(
        location_ids={row.location_id for rows in levels.values() for row in rows}
    )
    items: dict[int, list[dict[str, Any]]] = {seller_id: [] for seller_id in heard}
    for variant in sorted(wanted, key=lambda each: each.sku):
        items[variant.seller_id] += [
            {
                "sku": variant.sku,
                "location": places[row.location_id],
                "on_hand": row.on_hand,
                "reserved": row.reserved,
                "version": row.version,
            }
            for row in levels.get(variant.id, [])
        ]
    made = Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, kind="stock.changed", body={"stock": items[endpoint.seller_id]})
        for endpoint in listening
        if items[endpoint.seller_id]
    )
    return len(made)


def waiting_endpoints(*, limit: int = MOST_TURNS) -> list[int]:
    """Return the addresses that may be called now and that something is due for, longest first."""
    due = Delivery.objects.filter(
        _free(clock.now(), "endpoint__"),
        endpoint__state=Endpoint.State.ACTIVE,
        state=Delivery.State.DUE,
        due_at__lte=Now(),
    )
    rows = due.values_list("endpoint_id").annotate(first=Min("due_at"))
    return [endpoint_id for endpoint_id, _ in rows.order_by("first", "endpoint_id")[:limit]]


def send_to(*, endpoint_id: int) -> int:
    """Send an address some of what is due, oldest first; returns how many were tried.

    One worker at a time calls it. Its turn ends with the first failure, or when it took
    long; an address that takes long rests for a multiple of the time before the next one,
    so that no address has more of the workers than its share.
    """
    now = clock.now()
    free = Endpoint.objects.filter(_free(now), pk=endpoint_id, state=Endpoint.State.ACTIVE)
    if not free.update(busy_until=now + LEASE):
        return 0
    began, tried = time.monotonic(), 0
    try:
        while tried < AT_ONCE and time.monotonic() - began < TURN_SECONDS:
            delivery_id = _claim(endpoint_id)
            if delivery_id is None:
                break
            tried += 1
            if not deliver(delivery_id=delivery_id):
                break
    finally:
        _end_turn(endpoint_id, time.monotonic() - began)
    return tried


def _free(now: datetime, prefix: str = "") -> Q:
    """Those that neither rest nor are called at the moment."""
    rested = Q(**{f"{prefix}rests_until": None}) | Q(**{f"{prefix}rests_until__lte": now})
    idle = Q(**{f"{prefix}busy_until": None}) | Q(**{f"{prefix}busy_until__lte": now})
    return rested & idle


@transaction.atomic
def _claim(endpoint_id: int) -> int | None:
    """Take the oldest notice due. A worker that dies leaves it to be found after the lease."""
    due = Delivery.objects.select_for_update(skip_locked=True).filter(
        endpoint=endpoint_id, state=Delivery.State.DUE, due_at__lte=Now()
    )
    row = due.order_by("due_at", "pk").only("pk").first()
    if row is None:
        return None
    Delivery.objects.filter(pk=row.pk).update(due_at=Now() + LEASE)
    return row.pk


@transaction.atomic
def _end_turn(endpoint_id: int, seconds: float) -> None:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    endpoint.busy_until = None
    rests = timedelta(0)
    if seconds > SLOW_SECONDS:
        rests = REST_FACTOR * timedelta(seconds=seconds)
    if endpoint.failures >= TRUSTED_FAILURES:
        again = min(_pause(endpoint.failures - TRUSTED_FAILURES + 1), LONGEST_REST)
        rests = max(rests, again)
    endpoint.rests_until = clock.now() + rests if rests else None
    endpoint.save(update_fields=["busy_until", "rests_until"])


def deliver(*, delivery_id: int) -> bool:
    """Send one notice now and record what came of it; returns whether it was taken.

    The call stands between two short transactions.
    """
    row = Delivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if row is None or row.state != Delivery.State.DUE:
        return False
    body = json.dumps(
        {"id": f"dlv_{row.pk}", "type": row.kind, "created": row.created_at.isoformat(), **row.body}
    ).encode()
    answer = gateway.post(
        address=row.endpoint.url, body=body, headers=_headers(row, body, clock.now())
    )
    with transaction.atomic():
        _record(row.pk, row.endpoint_id, answer)
    return answer.is_good


@transaction.atomic
def send_again(*, seller_id: int, delivery_id: int) -> bool:
    """Owe a notice anew, as it was worded; False when the seller has no such notice."""
    own = Delivery.objects.filter(
        pk=delivery_id, endpoint__seller_id=seller_id, endpoint__state=Endpoint.State.ACTIVE
    )
    Endpoint.objects.filter(deliveries__in=own).update(rests_until=None)
    return bool(own.update(state=Delivery.State.DUE, due_at=Now(), attempts=0))


def signature(*, secret: str, moment: int, body: bytes) -> str:
    """Return what the header holds: the moment, and the HMAC-SHA256 over moment and body."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


def _headers(row: Delivery, body: bytes, moment: datetime) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Stoa hooks",
        "Stoa-Event": row.kind,
        "Stoa-Delivery": f"dlv_{row.pk}",
        "Stoa-Signature": signature(
            secret=unseal(row.endpoint.secret), moment=int(moment.timestamp()), body=body
        ),
    }


def _record(delivery_id: int, endpoint_id: int, answer: gateway.Answer) -> None:
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    row = Delivery.objects.select_for_update().get(pk=delivery_id)
    now = clock.now()
    row.attempts += 1
    row.last_status, row.last_answer, row.tried_at = answer.status, answer.text[:500], now
    if answer.is_good:
        row.state = Delivery.State.SENT
        endpoint.failing_since, endpoint.failures = None, 0
    elif now - row.created_at > GIVE_UP_AFTER and row.attempts > 1:
        row.state = Delivery.State.FAILED
    else:
        row.due_at = now + _pause(row.attempts)
    row.save()
    if not answer.is_good:
        endpoint.failing_since = endpoint.failing_since or now
        endpoint.failures += 1
        if now - endpoint.failing_since > GIVE_UP_AFTER:
            _disable(endpoint)
    endpoint.save()


def _pause(attempts: int) -> timedelta:
    """Double with every attempt, up to some hours; by chance a little more or less."""
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return spread(pause)


def _disable(endpoint: Endpoint) -> None:
    if endpoint.state != Endpoint.State.ACTIVE:
        return
    endpoint.state = Endpoint.State.DISABLED
    log.warning("hooks.endpoint_disabled", endpoint_id=endpoint.pk)
    Delivery.objects.filter(Q(endpoint=endpoint), state=Delivery.State.DUE).update(
        state=Delivery.State.FAILED
    )
    publish(
        EndpointDisabled(
            endpoint_id=endpoint.pk,
            seller_id=endpoint.seller_id,
            url=endpoint.url,
            failing_since=str(endpoint.failing_since),
        )
    )
