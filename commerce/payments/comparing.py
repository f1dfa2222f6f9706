"""Whether money that moved is the money that was asked for. Pure."""

from commerce.gateways.payments import ProviderPayment

from .types import PaymentData


def mismatch(payment: PaymentData, provider: ProviderPayment, *, livemode: bool) -> str:
    """Say what differs between the money that moved and what we asked for; "" when nothing does.

    A genuine notice is not a genuine payment: another order's, a cent less, or play
    money must not pay for this one.
    """
    found = differences(payment, provider, livemode=livemode)
    return "; ".join(f"{name} {problem}" for name, problem in found.items())


def differences(
    payment: PaymentData, provider: ProviderPayment, *, livemode: bool
) -> dict[str, str]:
    """Return what differs, by name: amount, currency, mode, order or attempt."""
    asked = payment.amount.minor
    if provider.state == "paid" and payment.capture_minor is not None:
        asked = payment.capture_minor
    wanted = {
        "amount": (asked, provider.amount_minor),
        "currency": (payment.amount.currency, provider.currency),
        "mode": (livemode, provider.livemode),
        "order": (payment.order_token, provider.order_token),
        "attempt": (payment.idempotency_key, provider.attempt_key),
    }
    return {
        # What opens an order is not told to those who read this.
        name: "is another one" if name in ("order", "attempt") else f"is {given!r}, not {asked!r}"
        for name, (asked, given) in wanted.items()
        if asked != given
    }
