"""What gift cards do when a bank questions the payment of one, or somebody else gave it back."""

from commerce.outbox.facts import subscribe
from commerce.payments.events import (
    DisputeClosed,
    DisputeOpened,
    RefundFailed,
    RefundFound,
    RefundSucceeded,
)

from . import operations


@subscribe(DisputeOpened)
def block_what_is_disputed(fact: DisputeOpened) -> None:
    operations.heed_dispute(dispute_id=fact.dispute_id)


@subscribe(DisputeClosed)
def heed_the_decision(fact: DisputeClosed) -> None:
    operations.heed_dispute(dispute_id=fact.dispute_id)


@subscribe(RefundFound)
def heed_what_was_given_back(fact: RefundFound) -> None:
    """At once, also while the bank is still at work on it."""
    operations.heed_found_refund(order_token=fact.order_token)


@subscribe(RefundSucceeded)
def void_what_was_given_back(fact: RefundSucceeded) -> None:
    operations.heed_found_refund(order_token=fact.order_token)


@subscribe(RefundFailed)
def heed_what_was_not_given_back(fact: RefundFailed) -> None:
    operations.heed_found_refund(order_token=fact.order_token)
