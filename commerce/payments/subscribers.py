"""What payments do when the provider reports something about a refund."""

from commerce.gateways.notices import hears
from commerce.gateways.payments import ProviderEventData

from . import operations
from .overtaking import wait_for_payment


@hears("charge.refunded", "refund.created")
def find_refunds(event: ProviderEventData) -> str:
    """Write down what somebody refunded in the provider's dashboard."""
    wait_for_payment(event)
    charge = event.object.get("charge") or event.object.get("id", "")
    found = operations.record_found_refunds(charge_id=str(charge))
    return f"{found} found"


@hears("refund.updated", "refund.failed", "charge.refund.updated", "charge.refunded")
def look_at_refunds(event: ProviderEventData) -> str:
    """Ask the provider what became of the refunds that are under way."""
    settled = operations.look_at_refunds(reference=str(event.object.get("id", "")))
    return f"{settled} settled"


@hears(
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
def look_at_dispute(event: ProviderEventData) -> str:
    """Ask the provider where a dispute stands."""
    wait_for_payment(event)
    return operations.look_at_dispute(provider_dispute=str(event.object.get("id", "")))
