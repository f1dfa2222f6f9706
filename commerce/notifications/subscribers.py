"""Which facts are told to people, and by which mail."""

from commerce.accounts import queries as accounts
from commerce.credits import queries as credits
from commerce.credits.events import CreditIssued
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.events import ShipmentDelivered, ShipmentShipped
from commerce.fulfillment.types import ShipmentData
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.events import OrderConfirmed
from commerce.orders.types import OrderData, SellerOrderData
from commerce.outbox.facts import subscribe
from commerce.payments.events import RefundSucceeded
from commerce.payouts import queries as payouts
from commerce.payouts.events import PayoutSent
from commerce.sellers import queries as sellers
from commerce.sellers.events import (
    ApplicationReceived,
    ApplicationRejected,
    BankDetailsChanged,
    SellerApproved,
)

from . import mails, operations
from .capture_subscribers import tell_what_was_charged
from .case_subscribers import tell_shopper_of_case
from .gift_subscribers import mail_the_code
from .stock_subscribers import tell_of_low_shelves, tell_of_low_stock
from .team_subscribers import mail_the_invitation

__all__ = [
    "mail_the_code",
    "mail_the_invitation",
    "tell_of_low_shelves",
    "tell_of_low_stock",
    "tell_shopper_of_case",
    "tell_what_was_charged",
]  # that module hears facts as soon as it is known


@subscribe(OrderConfirmed)
def confirm_to_shopper(fact: OrderConfirmed) -> None:
    order = orders.orders(order_ids=[fact.order_id])[fact.order_id]
    shops = sellers.sellers(seller_ids=[part.seller_id for part in order.seller_orders])
    operations.send(**mails.order_confirmed(order, shops))


@subscribe(OrderConfirmed)
def tell_sellers(fact: OrderConfirmed) -> None:
    parts = orders.seller_orders_of(order_ids=[fact.order_id])[fact.order_id]
    ids = [part.seller_id for part in parts]
    shops, people = sellers.sellers(seller_ids=ids), sellers.members(seller_ids=ids)
    for part in parts:
        for member in people[part.seller_id]:
            operations.send(**mails.new_order(part, shops[part.seller_id], member))


@subscribe(RefundSucceeded)
def apologize(fact: RefundSucceeded) -> None:
    """Only for money of an order that never came to be; other refunds are told with their cause."""
    order = orders.order(token=fact.order_token)
    if order is not None and order.confirmed_at is None:
        amount = Money(fact.amount_minor, fact.currency)
        operations.send(**mails.money_returned(order, amount, refund_id=fact.refund_id))


@subscribe(ShipmentShipped)
def tell_of_departure(fact: ShipmentShipped) -> None:
    about = _parcel(fact.shipment_id)
    mail = mails.ready if about[2].is_pick_up else mails.shipped
    operations.send(**mail(*about))


@subscribe(ShipmentDelivered)
def tell_of_arrival(fact: ShipmentDelivered) -> None:
    about = _parcel(fact.shipment_id)
    if not about[2].is_pick_up:  # who carried it home knows
        operations.send(**mails.delivered(*about))


def _parcel(shipment_id: int) -> tuple[OrderData, SellerOrderData, ShipmentData, str]:
    parcel = fulfillment.shipments(shipment_ids=[shipment_id])[shipment_id]
    found = orders.seller_orders_by_id(seller_order_ids=[parcel.seller_order_id])
    part = found[parcel.seller_order_id]
    order = orders.orders(order_ids=[part.order_id])[part.order_id]
    shop = sellers.sellers(seller_ids=[part.seller_id])[part.seller_id]
    return order, part, parcel, shop.name


@subscribe(PayoutSent)
def tell_owners(fact: PayoutSent) -> None:
    payout = payouts.payouts(payout_ids=[fact.payout_id])[fact.payout_id]
    seller = sellers.sellers(seller_ids=[payout.seller_id])[payout.seller_id]
    for member in sellers.members(seller_ids=[seller.id])[seller.id]:
        if member.role == "owner":
            operations.send(**mails.payout_sent(payout, seller, member))


@subscribe(BankDetailsChanged)
def warn_of_another_bank(fact: BankDetailsChanged) -> None:
    """Tell everybody who could have done it, and the shop's own address."""
    seller = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    owners = [
        member
        for member in sellers.members(seller_ids=[seller.id])[seller.id]
        if member.role == "owner"
    ]
    for recipient in {seller.email, *(owner.email for owner in owners)}:
        operations.send(**mails.bank_changed(seller, recipient, fact.paused_until))


@subscribe(CreditIssued)
def tell_of_credit(fact: CreditIssued) -> None:
    credit, recipient = credits.issued(credit_id=fact.credit_id)
    if recipient:
        code = credits.code(credit_id=credit.id) if credit.ending else ""
        operations.send(**mails.credit_issued(credit, recipient, code=code))


@subscribe(ApplicationReceived)
def acknowledge(fact: ApplicationReceived) -> None:
    application = sellers.applications(application_ids=[fact.application_id])[fact.application_id]
    operations.send(**mails.application_received(application, _first_name(application.user_id)))


@subscribe(SellerApproved)
def welcome(fact: SellerApproved) -> None:
    if fact.application_id is None:
        return
    application = sellers.applications(application_ids=[fact.application_id])[fact.application_id]
    seller = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    operations.send(
        **mails.application_approved(application, seller, _first_name(application.user_id))
    )


@subscribe(ApplicationRejected)
def decline(fact: ApplicationRejected) -> None:
    application = sellers.applications(application_ids=[fact.application_id])[fact.application_id]
    operations.send(**mails.application_rejected(application, _first_name(application.user_id)))


def _first_name(user_id: int) -> str:
    return accounts.user_names(user_ids=[user_id]).get(user_id, "")
