import pytest

from commerce.orders import operations, queries
from commerce.orders.operations import IllegalMove, ShipsTooMany
from commerce.orders.types import SellerOrderData
from commerce.outbox.models import Event
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def part() -> SellerOrderData:
    return sell(Sold(seller=make_seller(), quantity=3, titles=["Mug", "Bowl"])).seller_orders[0]


def now(part: SellerOrderData) -> SellerOrderData:
    return queries.seller_orders_by_id(seller_order_ids=[part.id])[part.id]


def test_a_part_goes_its_way_to_the_shopper(part: SellerOrderData) -> None:
    for state in ("processing", "shipped", "delivered"):
        operations.advance(seller_order_id=part.id, to_state=state)

    assert now(part).state == "delivered"
    assert now(part).delivered_at is not None
    moved = Event.objects.filter(name="orders.seller-order-moved.v1")
    assert {event.payload["to_state"] for event in moved} == {"processing", "shipped", "delivered"}


def test_being_there_already_changes_nothing(part: SellerOrderData) -> None:
    operations.advance(seller_order_id=part.id, to_state="confirmed")

    assert not Event.objects.filter(name="orders.seller-order-moved.v1").exists()


def test_a_move_that_is_not_allowed_is_named(part: SellerOrderData) -> None:
    with pytest.raises(IllegalMove) as refused:
        operations.advance(seller_order_id=part.id, to_state="delivered")

    assert (refused.value.from_state, refused.value.to_state) == ("confirmed", "delivered")
    assert now(part).state == "confirmed"


def test_part_of_the_goods_may_leave_first(part: SellerOrderData) -> None:
    mug, bowl = part.lines

    operations.record_shipped(seller_order_id=part.id, quantities={mug.id: 2})
    assert now(part).state == "processing"
    assert [line.open_quantity for line in now(part).lines] == [1, 3]

    shipped = operations.record_shipped(seller_order_id=part.id)
    assert shipped == {mug.id: 1, bowl.id: 3}
    assert now(part).state == "shipped"


@pytest.mark.parametrize("count", [-1, 4])
def test_no_more_leaves_than_was_ordered(part: SellerOrderData, count: int) -> None:
    with pytest.raises(ShipsTooMany) as refused:
        operations.record_shipped(seller_order_id=part.id, quantities={part.lines[0].id: count})

    assert refused.value.left == 3


def test_another_orders_line_does_not_leave_with_this_one(part: SellerOrderData) -> None:
    foreign = sell(Sold(seller=make_seller())).lines[0]

    with pytest.raises(ShipsTooMany):
        operations.record_shipped(seller_order_id=part.id, quantities={foreign.id: 1})


def test_what_was_shipped_completely_is_not_shipped_again(part: SellerOrderData) -> None:
    operations.record_shipped(seller_order_id=part.id)

    with pytest.raises(IllegalMove):
        operations.record_shipped(seller_order_id=part.id)
