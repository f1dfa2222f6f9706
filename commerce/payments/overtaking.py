"""Notices that overtake the one of their payment: they come again when it is booked."""

from commerce.gateways.payments import GatewayRefused, ProviderEventData, get_payment_gateway

from .models import Payment

OPEN = [Payment.State.CREATED, Payment.State.PROCESSING, Payment.State.AUTHORIZED]


class NotBookedYet(RuntimeError):
    """The payment is ours and its money is not booked; what follows from it has to wait."""


def wait_for_payment(event: ProviderEventData) -> None:
    """Let a notice about a payment that is not booked fail, so that it is handled again later.

    Raises NotBookedYet and GatewayUnavailable.
    """
    reference = str(event.object.get("payment_intent") or "")
    if not reference or Payment.objects.filter(provider_payment=reference).exclude(state__in=OPEN):
        return
    try:
        found = get_payment_gateway().retrieve_payment(payment_id=reference)
    except GatewayRefused:
        return
    if Payment.objects.filter(idempotency_key=found.attempt_key, state__in=OPEN).exists():
        raise NotBookedYet(reference)
