"""Our books beside the provider's, and the mails beside the facts."""

from collections import Counter

from django.core import mail

from commerce.invariants import queries as invariants
from commerce.ledger import queries as ledger
from commerce.notifications import tasks as notifications
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.sellers import queries as sellers
from devtools.stripe_double import StripeDouble

USD = "USD"


def order_of(number: str) -> OrderData:
    found = orders.order_by_number(number=number)
    assert found is not None
    order = orders.order(token=found.token)
    assert order is not None
    return order


def expect_agreement(double: StripeDouble, order: OrderData, earned: dict[str, int]) -> None:
    """Expect the provider to hold, and to have sent, to the cent what the ledger says."""
    state = double.state()
    succeeded = [charge for charge in state["charges"] if charge["status"] == "succeeded"]
    ids = {part.seller_id for part in order.seller_orders}
    accounts = {
        seller.stripe_account_id: seller for seller in sellers.sellers(seller_ids=ids).values()
    }
    platform = {
        kind: amount
        for account, purses in state["balances"].items()
        if account not in accounts
        for kind, amount in purses["usd"].items()
    }
    fee = sum(charge["fee"] for charge in succeeded)
    commission = sum(part.commission.minor for part in order.seller_orders)
    sent = {accounts[one["destination"]].name: one["amount"] for one in state["transfers"]}
    paid = {accounts[one["account"]].name: one["amount"] for one in state["payouts"]}

    assert [charge["amount"] for charge in succeeded] == [order.total.minor]
    assert sent == paid == earned
    assert state["totals"]["usd"]["difference"] == 0
    assert {code: ledger.balance(code=code, currency=USD) for code in _codes(ids)} == {
        "stripe": sum(platform.values()),
        "stripe:fees": fee,
        "tax": -order.tax.minor,
        "commission": -commission,
        **{f"payable:{seller_id}": 0 for seller_id in ids},
    }
    assert sum(platform.values()) + fee == order.tax.minor + commission


def _codes(seller_ids: set[int]) -> list[str]:
    return ["stripe", "stripe:fees", "tax", "commission", *(f"payable:{one}" for one in seller_ids)]


def broken_promises() -> list[tuple[str, int]]:
    return [(result.code, result.violations) for result in invariants.broken()]


def mails() -> Counter[tuple[str, str]]:
    """Return how often each person was told each thing; what leaves in crowds is swept first."""
    notifications.send_bulk()
    return Counter((address, message.subject) for message in mail.outbox for address in message.to)
