"""What came in is booked in the transaction that writes it down, for whatever it pays."""

from collections.abc import Mapping

from commerce.gateways.payments import ProviderPayment
from commerce.ledger import operations as ledger

from .types import PaymentData


class BookedBefore(RuntimeError):
    """A charge was booked already, though no payment of ours was captured with it."""


def book_capture(
    payment: PaymentData,
    provider: ProviderPayment,
    *,
    kind: str,
    entries: Mapping[str, int],
    memo: str,
) -> None:
    """Book money together with its capture, or neither. Raises BookedBefore."""
    booked = ledger.post(
        business_key=f"capture:{provider.charge_id}",
        kind=kind,
        entries=dict(entries),
        currency=payment.amount.currency,
        memo=memo,
    )
    if not booked:
        raise BookedBefore(provider.charge_id)


def book_orphan(payment: PaymentData, provider: ProviderPayment, *, memo: str) -> None:
    """Owe all of a captured payment back. Raises BookedBefore."""
    entries = orphan_entries(gross_minor=provider.amount_minor, fee_minor=provider.fee_minor or 0)
    book_capture(payment, provider, kind="orphan capture", entries=entries, memo=memo)


def orphan_entries(*, gross_minor: int, fee_minor: int) -> dict[str, int]:
    """Owe all of it back to the shopper; the fee is the marketplace's loss, no seller's. Pure."""
    return {
        "stripe": gross_minor - fee_minor,
        "stripe:fees": fee_minor,
        "refunds:owed": -gross_minor,
    }
