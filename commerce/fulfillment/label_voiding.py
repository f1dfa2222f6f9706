"""Giving labels back that no parcel carries."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now

from commerce.gateways.carriers import CarrierRefused, CarrierUnavailable, get_carrier_gateway
from commerce.kernel import actor
from commerce.kernel.confinement import unconfined
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .events import LabelVoided
from .models import Label, Shipment, paying_account
from .offering import NotFound

log = structlog.get_logger(__name__)

# Another process may be asking; a carrier answers in this time or not at all.
TRY_AGAIN_AFTER = timedelta(seconds=40)


class LabelPending(Exception):
    """The carrier has not answered. The label is being looked after; nothing is bought twice."""

    def __init__(self) -> None:
        super().__init__(
            "The carrier does not answer at the moment. The label is bought as soon as it does, "
            "and no second one is. Look again in a few minutes."
        )


class NotVoidable(ValueError):
    """The label was not bought, is on a parcel that left, or the carrier keeps it."""


def void_label(*, seller_id: int, label_id: int) -> None:
    """Give a label back that no parcel carries; its units are open again.

    Raises NotFound, NotVoidable and LabelPending.
    """
    label = Label.objects.filter(pk=label_id, seller_id=seller_id).first()
    if label is None:
        raise NotFound(label_id)
    if label.state == Label.State.VOIDED:
        return
    if not _begin_voiding(label_id):
        raise NotVoidable("This label is on a parcel that left, or was never bought.")
    settle_voiding(label_id=label_id)
    label.refresh_from_db()
    if label.state == Label.State.VOIDING:
        raise LabelPending
    if label.state != Label.State.VOIDED:
        raise NotVoidable(label.problem)


@unconfined()
@transaction.atomic
def _begin_voiding(label_id: int) -> bool:
    """Stop a parcel from taking the label before the carrier is asked to take it back."""
    label = Label.objects.select_for_update().get(pk=label_id)
    if label.state == Label.State.VOIDING:
        return True
    if label.state != Label.State.BOUGHT or Shipment.objects.filter(label=label).exists():
        return False
    Label.objects.filter(pk=label_id).update(state=Label.State.VOIDING, tried_at=Now())
    return True


@unconfined()
def settle_voiding(*, label_id: int) -> str:
    """Ask the carrier to take a label back; repeating it changes nothing."""
    label = Label.objects.get(pk=label_id)
    if label.state != Label.State.VOIDING:
        return label.state
    try:
        outcome = get_carrier_gateway().void(provider_id=label.provider_id)
    except CarrierUnavailable as problem:
        log.warning("label.not_voided", label=label_id, error=str(problem))
        return label.state
    except CarrierRefused as refusal:
        return _keep(label_id, refusal.message)
    if outcome == "refused":
        return _keep(label_id, "The carrier does not take this label back: it was used.")
    return _record_voided(label_id)


def _keep(label_id: int, problem: str) -> str:
    Label.objects.filter(pk=label_id, state=Label.State.VOIDING).update(
        state=Label.State.BOUGHT, problem=problem[:300]
    )
    return Label.State.BOUGHT


@transaction.atomic
def _record_voided(label_id: int) -> str:
    label = Label.objects.select_for_update().get(pk=label_id)
    if label.state != Label.State.VOIDING:
        return label.state
    actor.tell_database(cause="label voided")
    Label.objects.filter(pk=label_id).update(state=Label.State.VOIDED, voided_at=Now(), problem="")
    if label.cost_minor:
        ledger.post(
            business_key=f"label-void:{label_id}",
            kind="label-void",
            entries={
                paying_account(label): -label.cost_minor,
                "carriers": label.cost_minor,
            },
            currency=label.currency,
            memo=f"given back: {label.tracking_number}",
        )
    publish(LabelVoided(label_id=label_id, seller_id=label.seller_id))
    return Label.State.VOIDED
