"""What is a difference from the moment it is heard of, and does not wait for the night."""

from commerce.outbox.facts import subscribe
from commerce.payments.events import ExcessRefundFound

from . import operations


@subscribe(ExcessRefundFound)
def note_difference(fact: ExcessRefundFound) -> None:
    operations.note_excess_refunds()
