"""Which facts about bought gift cards are told, and to whom."""

from commerce.credits import queries as credits
from commerce.giftcards import queries as gifts
from commerce.giftcards.events import GiftCardBought, GiftCardDue
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
    """Unless it was given back meanwhile."""
    purchase = gifts.purchases(purchase_ids=[fact.purchase_id])[fact.purchase_id]
    if purchase.state != "paid" or purchase.credit_id is None:
        return
    card = credits.credits(credit_ids=[purchase.credit_id])[purchase.credit_id]
    mail = gift_mails.gift_card(
        purchase,
        code=credits.code(credit_id=card.id),
        amount=card.issued,
        until=card.expires_at,
        delivery=fact.delivery,
    )
    operations.send(**mail)


@subscribe(RefundSucceeded)
def tell_of_returned_gift(fact: RefundSucceeded) -> None:
    """Whether it was given back, or came too late to make a card."""
    purchase = gifts.of_payment(order_token=fact.order_token)
    if purchase is not None:
        amount = Money(fact.amount_minor, fact.currency)
        operations.send(**gift_mails.gift_card_refunded(purchase, amount, refund_id=fact.refund_id))
