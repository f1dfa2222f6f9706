"""From a label that was asked for to a bought one, whatever is lost on the way."""

from datetime import timedelta

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.gateways.carriers import (
    BoughtLabel,
    CarrierRefused,
    CarrierUnavailable,
    ParcelRequest,
    Prepared,
    RateData,
    get_carrier_gateway,
)
from commerce.kernel import actor, clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .events import LabelBought
from .label_voiding import TRY_AGAIN_AFTER, settle_voiding
from .models import Label, paying_account

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(minutes=15)
_TOO_LATE = "The carrier did not answer in time. Nothing was bought."


class LabelRefused(ValueError):
    """The carrier said no; the message holds its reason."""


def settle_label(*, label_id: int) -> str:
    """Bring a label that was asked for to its end, or leave it to the next try.

    One process at a time does so. Returns the state it is in then.
    """
    label = _claim(label_id)
    if label is None:
        return str(Label.objects.values_list("state", flat=True).get(pk=label_id))
    try:
        bought = _bought(label)
    except CarrierUnavailable as problem:
        log.warning("label.no_answer", label=label.pk, error=str(problem))
        return label.state
    except (CarrierRefused, LabelRefused) as refusal:
        message = refusal.message if isinstance(refusal, CarrierRefused) else str(refusal)
        return _record_failure(label, message)
    return _record_bought(label, bought)


@unconfined()
def _claim(label_id: int) -> Label | None:
    claimed = Label.objects.filter(
        Q(tried_at__isnull=True) | Q(tried_at__lt=Now() - TRY_AGAIN_AFTER),
        pk=label_id,
        state=Label.State.ASKED,
    ).update(tried_at=Now())
    return Label.objects.get(pk=label_id) if claimed else None


def _bought(label: Label) -> BoughtLabel:
    """Find the label that was bought already, else buy it. No transaction is open."""
    gateway = get_carrier_gateway()
    prepared: Prepared | None = None
    if label.provider_id:
        known = gateway.bought(provider_id=label.provider_id)
        if known is not None:
            return known
        if clock.now() > label.asked_at + GIVE_UP_AFTER:
            raise LabelRefused(_TOO_LATE)
        prepared = gateway.find(reference=label.provider_id)
    elif clock.now() > label.asked_at + GIVE_UP_AFTER:
        raise LabelRefused(_TOO_LATE)
    if prepared is None:
        prepared = gateway.prepare(request=_of_label(label))
        _remember(label, prepared)
    failpoint("label_prepared")
    rate = _agreed_rate(label, prepared)
    bought = gateway.buy(provider_id=prepared.provider_id, rate_id=rate.id)
    failpoint("label_bought")
    return bought


@unconfined()
def _remember(label: Label, prepared: Prepared) -> None:
    label.provider_id = prepared.provider_id
    Label.objects.filter(pk=label.pk).update(provider_id=prepared.provider_id)


def _agreed_rate(label: Label, prepared: Prepared) -> RateData:
    wanted = (label.carrier_name, label.service, label.currency)
    for rate in prepared.rates:
        if (rate.carrier, rate.service, rate.currency) == wanted:
            if rate.amount_minor > label.most_minor:
                price = Money(rate.amount_minor, rate.currency)
                raise LabelRefused(f"It costs {price} now. Ask for the prices again.")
            return rate
    raise LabelRefused("The carrier offers this service no longer. Ask for the prices again.")


@unconfined()
def _record_bought(label: Label, bought: BoughtLabel) -> str:
    """Write down what was bought, book its cost to who pays, and tell it; all or nothing."""
    with transaction.atomic():
        row = Label.objects.select_for_update().get(pk=label.pk)
        if row.state != Label.State.ASKED:
            return row.state
        actor.tell_database(cause="label bought")
        row.state = Label.State.BOUGHT
        row.provider_id = bought.provider_id
        row.cost_minor = bought.cost_minor
        row.tracking_number = bought.tracking_number
        row.tracker_id = bought.tracker_id
        row.bought_at = clock.now()
        row.save()
        if bought.cost_minor:
            ledger.post(
                business_key=f"label:{row.pk}",
                kind="label",
                entries={
                    paying_account(row): bought.cost_minor,
                    "carriers": -bought.cost_minor,
                },
                currency=row.currency,
                memo=f"{bought.carrier} {bought.service} {bought.tracking_number}",
            )
        publish(LabelBought(label_id=row.pk, seller_id=row.seller_id))
    fetch_file(label_id=label.pk, url=bought.file_url)
    return row.state


@unconfined()
def _record_failure(label: Label, message: str) -> str:
    Label.objects.filter(pk=label.pk, state=Label.State.ASKED).update(
        state=Label.State.FAILED, problem=(message or "The carrier refused.")[:300]
    )
    return Label.State.FAILED


@unconfined()
def fetch_file(*, label_id: int, url: str = "") -> bool:
    """Store the sheet of a bought label, unless it is stored; the sweep tries again."""
    label = Label.objects.get(pk=label_id)
    if label.file or not label.provider_id:
        return bool(label.file)
    gateway = get_carrier_gateway()
    try:
        if not url:
            known = gateway.bought(provider_id=label.provider_id)
            url = known.file_url if known else ""
        data = gateway.file(url=url)
    except (CarrierUnavailable, CarrierRefused) as problem:
        log.warning("label.no_file", label=label_id, error=str(problem))
        return False
    ending = "pdf" if data.startswith(b"%PDF") else "png"
    label.file.save(f"label.{ending}", ContentFile(data), save=False)
    Label.objects.filter(pk=label_id, file="").update(file=label.file.name)
    return True


def _of_label(label: Label) -> ParcelRequest:
    return ParcelRequest(
        reference=label.key,
        origin=label.origin,
        destination=label.destination,
        weight_grams=label.weight_grams,
        sizes_mm=tuple(label.sizes_mm),
        customs=label.customs,
        is_return=label.is_return,
    )


def settle_labels(*, limit: int = 50) -> int:
    """Finish labels that were interrupted; returns how many were looked at. A task runs it."""
    unfinished = Label.objects.filter(state__in=[Label.State.ASKED, Label.State.VOIDING])
    without_file = Label.objects.filter(
        state=Label.State.BOUGHT, file="", bought_at__gt=Now() - timedelta(days=7)
    )
    due = (unfinished | without_file).filter(
        Q(tried_at__isnull=True, asked_at__lt=Now() - TRY_AGAIN_AFTER)
        | Q(tried_at__lt=Now() - TRY_AGAIN_AFTER)
    )
    rows = list(due.order_by(F("tried_at").asc(nulls_first=True), "pk")[:limit])
    for label in rows:
        if label.state == Label.State.ASKED:
            settle_label(label_id=label.pk)
            continue
        Label.objects.filter(pk=label.pk).update(tried_at=Now())
        if label.state == Label.State.VOIDING:
            settle_voiding(label_id=label.pk)
        else:
            fetch_file(label_id=label.pk)
    return len(rows)
