"""Ways to pay that a person keeps at the provider. We hold its names for them, never a number."""

import hashlib

import structlog
from django.db import transaction
from django.db.models.functions import Now

from commerce.gateways.payments import GatewayRefused, GatewayUnavailable, get_payment_gateway

from .models import Payer, SavedMethod

log = structlog.get_logger(__name__)


class NotKept(LookupError):
    """The person keeps no such way to pay."""


def ensure_customer(*, user_id: int, email: str) -> str:
    """Return the provider's name for a person; "" when it cannot be asked for one now.

    Nobody is kept from paying by it. Must not run inside a transaction.
    """
    known = Payer.objects.filter(user_id=user_id).first()
    if known is not None:
        return known.provider_customer
    made = _make_customer(key=f"customer:{user_id}", email=email, user_id=user_id)
    if not made:
        return ""
    payer, _ = Payer.objects.get_or_create(user_id=user_id, defaults={"provider_customer": made})
    return payer.provider_customer


def guest_customer(*, cart_id: int, email: str) -> str:
    """Return the provider's name for the guest of one cart; "" when it cannot be asked for one."""
    told = hashlib.sha256(email.encode()).hexdigest()[:16]
    return _make_customer(key=f"guest:{cart_id}:{told}", email=email)


def _make_customer(*, key: str, email: str, user_id: int | None = None) -> str:
    try:
        return get_payment_gateway().create_customer(
            idempotency_key=key, email=email, user_id=user_id
        )
    except (GatewayUnavailable, GatewayRefused) as problem:
        log.warning("payments.no_customer", user_id=user_id, error=str(problem))
        return ""


@transaction.atomic
def keep_method(*, customer: str, provider_method: str, label: str) -> None:
    """Remember a way to pay that its owner asked to keep. Repeating it changes nothing."""
    payer = Payer.objects.select_for_update().filter(provider_customer=customer).first()
    if payer is None or SavedMethod.objects.filter(provider_method=provider_method).exists():
        return
    has_default = payer.methods.filter(is_default=True).exists()
    SavedMethod.objects.create(
        payer=payer, provider_method=provider_method, label=label[:60], is_default=not has_default
    )


def remove_method(*, user_id: int, method_id: int) -> None:
    """Let the provider forget a way to pay, then forget it here.

    Raises NotKept, GatewayUnavailable.
    """
    method = _own(user_id, method_id)
    try:
        get_payment_gateway().forget_method(method_id=method.provider_method)
    except GatewayRefused as refusal:  # it is forgotten there already
        log.info("payments.method_gone", code=refusal.code)
    SavedMethod.objects.filter(pk=method_id).update(is_default=False, removed_at=Now())


@transaction.atomic
def make_default(*, user_id: int, method_id: int) -> None:
    """Offer this way to pay first. Raises NotKept."""
    method = _own(user_id, method_id)
    Payer.objects.select_for_update().get(pk=method.payer_id)
    SavedMethod.objects.filter(payer_id=method.payer_id, is_default=True).update(is_default=False)
    SavedMethod.objects.filter(pk=method_id, removed_at=None).update(is_default=True)


def _own(user_id: int, method_id: int) -> SavedMethod:
    method = SavedMethod.objects.filter(
        pk=method_id, payer__user_id=user_id, removed_at=None
    ).first()
    if method is None:
        raise NotKept
    return method
