"""Which facts about bought gift cards are told, and to whom."""

from commerce.credits import queries as credits
from commerce.giftcards import queries as gifts
from commerce.giftcards.events import GiftCardBought, GiftCardDue, GiftCardReaddressed
from commerce.kernel.money import Money
from commerce.outbox.facts import subscribe
from commerce.payments.events import RefundSucceeded

from . import gift_mails, operations


@subscribe(GiftCardBought)
def send_receipt_of_gift(fact: GiftCardBought) -> None:
    purchase = gifts.purchases(purchase_ids=[fact.purchase_id])[fact.purchase_id]
    operations.send(**gift_mails.gift_card_bought(purchase))


@subscribe(GiftCardDue)
def mail_the_code(fact: GiftCardDue) -> None:
    """Unless it was given back meanwhile.

    The code is read before the address: one that was made because the address was wrong
    is never mailed to it.
    """
    credit_id = gifts.purchases(purchase_ids=[fact.purchase_id])[fact.purchase_id].credit_id
    code = credits.code(credit_id=credit_id) if credit_id else ""
    purchase = gifts.purchases(purchase_ids=[fact.purchase_id])[fact.purchase_id]
    if purchase.state != "paid" or credit_id is None:
        return
    card = credits.credits(credit_ids=[credit_id])[credit_id]
    mail = gift_mails.gift_card(
        purchase,
        code=code,
        amount=card.balance,
        until=card.expires_at,
        delivery=fact.delivery,
    )
    operations.send(**mail)


@subscribe(GiftCardReaddressed)
def tell_of_another_address(fact: GiftCardReaddressed) -> None:
    purchase = gifts.purchases(purchase_ids=[fact.purchase_id])[fact.purchase_id]
    mail = gift_mails.gift_card_readdressed(purchase, masked=fact.masked, at=fact.at)
    operations.send(**mail)


@subscribe(RefundSucceeded)
def tell_of_returned_gift(fact: RefundSucceeded) -> None:
    """Whether it was given back, or came too late to make a card."""
    purchase = gifts.of_payment(order_token=fact.order_token)
    if purchase is not None:
        amount = Money(fact.amount_minor, fact.currency)
        operations.send(**gift_mails.gift_card_refunded(purchase, amount, refund_id=fact.refund_id))
