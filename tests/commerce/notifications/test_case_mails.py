"""Who is told of cancellations, returns, claims, withdrawals and changed addresses."""

import re

import pytest

from commerce.accounts.types import AddressData
from commerce.notifications.models import Message
from commerce.orders.types import OrderData, SellerOrderData
from commerce.returns import operations, queries
from commerce.returns.types import Wish
from commerce.sellers.models import Seller
from tests.commerce.notifications.test_mails import work_off
from tests.commerce.returns.conftest import an_hour_ago, order, part
from tests.factories.fulfillment import delivered
from tests.factories.sellers import make_member
from tests.storefront.shop.test_aftercare import ships_the_same_way

__all__ = ["order", "part"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(order: OrderData) -> None:
    for each in order.seller_orders:
        make_member(
            Seller.objects.get(pk=each.seller_id),
            email=f"kim{each.seller_id}@example.com",
            first_name="Kim",
        )


def told(part: SellerOrderData) -> list[tuple[bool, str]]:
    """Whether the shopper was told, and the subject."""
    work_off()
    rows = Message.objects.filter(kind__in=["case", "withdrawal_receipt"]).order_by("pk")
    return [(row.recipient == "ada@example.com", row.subject.rsplit(" (", 1)[0]) for row in rows]


def test_a_cancellation_within_the_hour_is_told_to_both(
    order: OrderData, part: SellerOrderData
) -> None:
    operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 1}))

    assert told(part) == [
        (True, "Canceled and refunded"),
        (False, "Canceled: do not send it"),
    ]


def test_a_request_and_its_refusal_with_the_reason(order: OrderData, part: SellerOrderData) -> None:
    an_hour_ago(order)
    [case_id] = operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 1}))
    work_off()
    operations.answer_cancellation(
        seller_id=part.seller_id, case_id=case_id, consent=False, note="It is engraved."
    )

    assert told(part)[-1][0]
    message = Message.objects.order_by("pk").last()
    assert message is not None
    assert "The reason: It is engraved." in message.text
    assert "{{" not in message.html + message.text


def test_a_withdrawal_is_receipted_word_for_word_with_its_time(
    order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    declared = operations.withdraw(
        order_token=order.token, units={part.lines[0].id: 2}, name="Ada", email="a@example.com"
    )
    work_off()

    receipt = Message.objects.get(kind="withdrawal_receipt")
    row = queries.withdrawal(withdrawal_id=declared)
    assert row is not None
    assert receipt.recipient == "a@example.com"
    assert row.statement in receipt.text
    assert f"{row.declared_at:%H:%M:%S} UTC" in receipt.text
    assert "2 × Mug" in re.sub(r"\s+", " ", receipt.html)


def test_sellers_are_told_of_another_address(order: OrderData) -> None:
    ships_the_same_way(order)
    address = AddressData.from_dict({**order.ship_to, "line1": "500 Howard Street"})
    operations.change_address(order_token=order.token, address=address)
    work_off()

    found = Message.objects.filter(subject__contains="goes to another address")
    assert found.count() == 2
    assert all("500 Howard Street" in message.text for message in found)
