"""What a person decided about a purchase's payment that differs from what was asked for."""

from commerce.gateways.payments import ProviderPayment
from commerce.payments.types import PaymentData

from .settling import cancel_reviewed, return_money, take_money


def accept_reviewed(*, payment: PaymentData, provider: ProviderPayment) -> str:
    """Make the card with the money; the caller has seen that it fits. Returns the state."""
    return take_money(payment, provider)


def return_reviewed(*, payment: PaymentData, provider: ProviderPayment, brings_money: bool) -> str:
    """Give the money back, if there is any, and end the purchase. Returns its state."""
    if brings_money:
        return return_money(payment, provider, reason="returned after review")
    return cancel_reviewed(payment)
