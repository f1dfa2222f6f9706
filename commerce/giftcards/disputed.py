"""A bought card whose payment the bank questions: nobody pays with it until that is decided."""

import contextlib

from django.db import transaction

from commerce.credits import operations as credits
from commerce.ledger import operations as ledger
from commerce.payments import operations as paying
from commerce.payments import queries as payments

from .elsewhere import heed_found_refund
from .queries import is_gift, token_of
from .settling import lock


@transaction.atomic
def heed_dispute(*, dispute_id: int) -> str:
    """Bring a card in line with where the dispute about its payment stands; returns a word.

    Open, it is blocked; won, it can be used again; lost, what the bank took is taken back as
    far as it is left, and the marketplace bears what was spent. Asked in any order and
    however often.
    """
    order_token = payments.disputes(dispute_ids=[dispute_id])[dispute_id].order_token
    if not is_gift(order_token=order_token):
        return "not a gift card's"
    purchase = lock(token_of(order_token))
    paying.lock_dispute(dispute_id=dispute_id)
    dispute = payments.disputes(dispute_ids=[dispute_id])[dispute_id]
    if purchase.credit_id is not None:
        if payments.open_disputes(order_tokens=[order_token]):
            credits.block(credit_id=purchase.credit_id, blocked=True)
        else:
            heed_found_refund(order_token=order_token)
    if dispute.state != "lost":
        return dispute.state
    memo = f"{purchase}: the dispute was lost"
    is_news = ledger.post(
        business_key=f"dispute-lost:{dispute.id}",
        kind="dispute",
        entries={"losses": dispute.amount.minor, "disputes": -dispute.amount.minor},
        currency=dispute.amount.currency,
        memo=memo,
    )
    if is_news and purchase.credit_id is not None:
        _take_back(purchase.credit_id, most=dispute.amount.minor, memo=memo)
    return dispute.state


def _take_back(credit_id: int, *, most: int, memo: str) -> None:
    """Take what the bank took from the card, and then from what its orders gave back."""
    with contextlib.suppress(credits.NothingToVoid):
        taken = credits.take_back(
            credit_id=credit_id, to="losses", reason=memo, even_in_use=True, most=most
        )
        most -= taken.minor
    credits.take_back_spent(credit_id=credit_id, to="losses", reason=memo, most=most)
