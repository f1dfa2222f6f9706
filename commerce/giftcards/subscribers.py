"""What gift cards do when a bank questions the payment of one."""

from commerce.outbox.facts import subscribe
from commerce.payments.events import DisputeClosed, DisputeOpened

from . import operations


@subscribe(DisputeOpened)
def block_what_is_disputed(fact: DisputeOpened) -> None:
    operations.heed_dispute(dispute_id=fact.dispute_id)


@subscribe(DisputeClosed)
def heed_the_decision(fact: DisputeClosed) -> None:
    operations.heed_dispute(dispute_id=fact.dispute_id)
