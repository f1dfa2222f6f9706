"""Which facts about cancellations, returns, claims and withdrawals are told to whom."""

from commerce.fulfillment.events import LabelBought
from commerce.orders import queries as orders
from commerce.orders.events import OrderReaddressed
from commerce.outbox.facts import subscribe
from commerce.returns import queries as returns
from commerce.returns.events import (
    CaseMoved,
    CaseReminder,
    ReplacementSent,
    ReturnLabelReady,
    WithdrawalDeclared,
)
from commerce.sellers import queries as sellers

from . import case_mails, operations


@subscribe(CaseMoved)
def tell_shopper_of_case(fact: CaseMoved) -> None:
    case = returns.cases(case_ids=[fact.case_id])[fact.case_id]
    shop = sellers.sellers(seller_ids=[case.seller_id])[case.seller_id]
    mail = case_mails.to_shopper(
        case, shop.name, from_state=fact.from_state, to_state=fact.to_state
    )
    if mail is not None:
        operations.send(**mail)


@subscribe(CaseMoved)
def tell_seller_of_case(fact: CaseMoved) -> None:
    case = returns.cases(case_ids=[fact.case_id])[fact.case_id]
    shop = sellers.sellers(seller_ids=[case.seller_id])[case.seller_id]
    for member in sellers.members(seller_ids=[case.seller_id])[case.seller_id]:
        mail = case_mails.to_seller(
            case, shop, member, from_state=fact.from_state, to_state=fact.to_state
        )
        if mail is not None:
            operations.send(**mail)


@subscribe(CaseReminder)
def remind_of_return(fact: CaseReminder) -> None:
    case = returns.cases(case_ids=[fact.case_id])[fact.case_id]
    taken = (case.state, len(case.events) - 1) != (fact.state, fact.version)
    if taken or case.replaced_at is not None:
        return  # the step was taken meanwhile
    shop = sellers.sellers(seller_ids=[case.seller_id])[case.seller_id]
    if fact.state == "approved":
        operations.send(
            **case_mails.reminder(case, shop.name, state=fact.state, version=fact.version)
        )
        return
    for member in sellers.members(seller_ids=[case.seller_id])[case.seller_id]:
        mail = case_mails.reminder_to_seller(
            case, shop, member, state=fact.state, version=fact.version
        )
        operations.send(**mail)


@subscribe(ReplacementSent)
def tell_of_replacement(fact: ReplacementSent) -> None:
    case = returns.cases(case_ids=[fact.case_id])[fact.case_id]
    shop = sellers.sellers(seller_ids=[case.seller_id])[case.seller_id]
    operations.send(**case_mails.replacement_sent(case, shop.name))


@subscribe(LabelBought)
def tell_of_bought_return_label(fact: LabelBought) -> None:
    found = returns.case_of_label(label_id=fact.label_id)
    if found is not None:
        _tell_of_return_label(*found)


@subscribe(ReturnLabelReady)
def tell_of_given_return_label(fact: ReturnLabelReady) -> None:
    _tell_of_return_label(fact.case_id, fact.return_label_id)


def _tell_of_return_label(case_id: int, return_label_id: int) -> None:
    case = returns.cases(case_ids=[case_id])[case_id]
    shop = sellers.sellers(seller_ids=[case.seller_id])[case.seller_id]
    label = returns.label_of(case_id=case_id)
    operations.send(
        **case_mails.return_label(case, shop.name, return_label_id=return_label_id, label=label)
    )


@subscribe(WithdrawalDeclared)
def send_receipt_of_withdrawal(fact: WithdrawalDeclared) -> None:
    declared = returns.withdrawal(withdrawal_id=fact.withdrawal_id)
    if declared is not None:
        operations.send(**case_mails.withdrawal_receipt(declared))


@subscribe(OrderReaddressed)
def tell_sellers_of_address(fact: OrderReaddressed) -> None:
    order = orders.orders(order_ids=[fact.order_id])[fact.order_id]
    serial = len(orders.address_changes(order_id=order.id))
    ids = [part.seller_id for part in order.seller_orders]
    shops, people = sellers.sellers(seller_ids=ids), sellers.members(seller_ids=ids)
    for part in order.seller_orders:
        for member in people[part.seller_id]:
            shop = shops[part.seller_id]
            operations.send(**case_mails.readdressed(order, part, shop, member, serial))
