"""A seller's account at the payment provider, and what happens when the bank behind it changes."""

from datetime import timedelta

from django.db import transaction

from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.outbox.bus import publish

from .events import BankDetailsChanged, ConnectedAccountChanged
from .models import Seller

BANK_PAUSE = timedelta(days=3)
"""How long payouts wait after bank details changed: time for the owner to object."""


class SellerNotFound(LookupError):
    """There is no such seller."""


@unconfined()  # what the provider says, not the seller
@transaction.atomic
def record_connected_account(
    *, seller_id: int, stripe_account_id: str, payouts_enabled: bool, bank: str = ""
) -> None:
    """Remember the seller's account at the provider and whether money may go there.

    When payouts would go to another bank than before, they pause and the owners are
    told. Repeating it changes nothing. Raises SellerNotFound.
    """
    seller = locked(seller_id)
    other_bank = bool(bank and seller.bank_fingerprint and bank != seller.bank_fingerprint)
    known = (seller.stripe_account_id, seller.payouts_enabled)
    seller.stripe_account_id, seller.payouts_enabled = stripe_account_id, payouts_enabled
    if bank:
        seller.bank_fingerprint = bank
    if other_bank:
        seller.payouts_paused_until = clock.now() + BANK_PAUSE
        publish(
            BankDetailsChanged(
                seller_id=seller_id, paused_until=seller.payouts_paused_until.isoformat()
            )
        )
    seller.save(
        update_fields=[
            "stripe_account_id", "payouts_enabled", "bank_fingerprint", "payouts_paused_until",
        ]
    )  # fmt: skip
    if known != (stripe_account_id, payouts_enabled):
        publish(ConnectedAccountChanged(seller_id=seller_id, payouts_enabled=payouts_enabled))


@transaction.atomic
def lift_payout_pause(*, seller_id: int) -> None:
    """Let payouts go on before the pause is over, once staff know that the owner changed
    the bank. Raises SellerNotFound."""
    seller = locked(seller_id)
    seller.payouts_paused_until = None
    seller.save(update_fields=["payouts_paused_until"])


def locked(seller_id: int) -> Seller:
    """Lock a seller's row; for this module's own use. Raises SellerNotFound."""
    seller = Seller.objects.select_for_update().filter(pk=seller_id).first()
    if seller is None:
        raise SellerNotFound(seller_id)
    return seller
