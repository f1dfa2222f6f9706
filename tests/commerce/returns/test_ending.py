"""What a part of an order ends as, whatever became of its parcels and units."""

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from commerce.fulfillment import operations as sending
from commerce.fulfillment import queries as parcels
from commerce.fulfillment.models import Shipment
from commerce.kernel.actor import acting_as
from commerce.orders import operations as orders
from commerce.orders.types import OrderData, SellerOrderData
from commerce.payouts import operations as payouts
from commerce.payouts.models import Earning
from commerce.returns import operations
from commerce.returns.models import Case
from commerce.returns.types import Finding, Wish
from tests.commerce.returns.conftest import an_hour_ago, broken, fresh, past
from tests.factories.fulfillment import make_carrier

pytestmark = pytest.mark.django_db


def send(part: SellerOrderData, quantities: dict[int, int]) -> int:
    """Send a parcel that should have come long ago."""
    shipment_id = sending.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code=make_carrier(),
        tracking_number="9400 1000",
        quantities=quantities,
    )
    past(
        "UPDATE fulfillment_shipment SET shipped_at = now() - interval '30 days' WHERE id = %s",
        shipment_id,
    )
    return shipment_id


def arrive(part: SellerOrderData, shipment_id: int) -> None:
    sending.deliver(seller_id=part.seller_id, shipment_id=shipment_id)


def lost(order: OrderData, part: SellerOrderData, units: dict[int, int], **wish: object) -> int:
    """Claim units as lost, and let the seller grant it."""
    [case_id] = operations.claim(
        order_token=order.token,
        wish=Wish(units=units, reason="lost", **wish),  # type: ignore[arg-type]
    )
    operations.answer_claim(seller_id=part.seller_id, case_id=case_id, consent=True)
    return case_id


def state_of(shipment_id: int) -> str:
    return parcels.shipments(shipment_ids=[shipment_id])[shipment_id].state


def due(part: SellerOrderData) -> bool:
    """Whether it is settled when the seller gets the money of a part."""
    payouts.release_earning(seller_order_id=part.id)
    return Earning.objects.get(seller_order=part.id, kind="sale").available_at is not None


@pytest.fixture
def two(part: SellerOrderData) -> tuple[int, int]:
    """A parcel of mugs, and one of bowls."""
    mugs, bowls = (send(part, {line.id: line.quantity}) for line in part.lines)
    return mugs, bowls


def test_one_parcel_that_came_and_one_that_was_lost_make_a_delivered_part(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    arrive(part, two[0])
    assert fresh(part).state == "shipped"

    lost(order, part, {part.lines[1].id: 3})

    assert state_of(two[1]) == "lost"
    assert fresh(part).state == "delivered"
    assert due(part)
    assert broken() == []


def test_the_parcel_that_comes_after_the_other_was_given_up_delivers_the_part(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    lost(order, part, {part.lines[1].id: 3})
    assert (state_of(two[0]), state_of(two[1])) == ("shipped", "lost")
    assert fresh(part).state == "shipped"

    arrive(part, two[0])

    assert fresh(part).state == "delivered"
    assert broken() == []


def test_a_part_that_was_lost_altogether_is_over(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    lost(order, part, {line.id: 3 for line in part.lines})

    assert fresh(part).state == "returned"
    assert [state_of(each) for each in two] == ["lost", "lost"]
    assert due(part)
    assert broken() == []


def test_a_lost_parcel_that_is_replaced_ends_when_its_replacement_should_have_come(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    case_id = lost(order, part, {part.lines[1].id: 3}, remedy="exchange")
    arrive(part, two[0])
    sending.settle_ended()
    assert fresh(part).state == "shipped"

    operations.send_replacement(seller_id=part.seller_id, case_id=case_id, tracking_number="2")
    assert sending.settle_ended() == 0
    assert broken() == []
    past(
        "UPDATE fulfillment_shipment SET over_at = now() - interval '2 hours' WHERE over_at > now()"
    )
    assert broken() != []

    assert sending.settle_ended() == 1
    assert fresh(part).state == "delivered"
    assert due(part)
    assert broken() == []


@pytest.mark.parametrize("problem", [DatabaseError("a guard refuses"), OperationalError("crowded")])
def test_a_part_that_cannot_be_settled_keeps_none_behind_it_from_ending(
    order: OrderData,
    part: SellerOrderData,
    other: SellerOrderData,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
) -> None:
    for each in (part, other):
        send(each, {line.id: line.quantity for line in each.lines})
    past("UPDATE fulfillment_shipment SET state = 'delivered'")
    first, second = sorted((part.id, other.id))
    advance = orders.advance

    def advance_but_one(*, seller_order_id: int, to_state: str) -> None:
        if seller_order_id == first:
            raise problem
        advance(seller_order_id=seller_order_id, to_state=to_state)

    monkeypatch.setattr(orders, "advance", advance_but_one)
    assert sending.settle_ended(limit=1) == 1

    states = {each.id: fresh(each).state for each in (part, other)}
    assert (states[first], states[second]) == ("shipped", "delivered")


def test_of_two_parcels_the_one_with_nothing_else_in_it_is_given_up(
    order: OrderData, part: SellerOrderData
) -> None:
    mug, bowl = (line.id for line in part.lines)
    both = send(part, {mug: 2, bowl: 3})
    mugs = send(part, {mug: 1})

    lost(order, part, {mug: 1})

    assert (state_of(both), state_of(mugs)) == ("shipped", "lost")


def test_a_parcel_that_was_given_up_may_still_come_but_is_not_under_way_again(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    lost(order, part, {part.lines[1].id: 3})
    with pytest.raises(DatabaseError, match="cannot become shipped"), transaction.atomic():
        Shipment.objects.filter(pk=two[1]).update(state="shipped")

    arrive(part, two[1])

    assert state_of(two[1]) == "delivered"


def test_what_came_back_and_what_was_canceled_make_a_returned_part(
    order: OrderData, part: SellerOrderData
) -> None:
    an_hour_ago(order)
    mug, bowl = (line.id for line in part.lines)
    arrive(part, send(part, {mug: 3}))
    operations.withdraw(order_token=order.token, units={mug: 3}, name="Ada", email="a@example.com")
    [case_id] = _cases(part)
    operations.receive(seller_id=part.seller_id, case_id=case_id)
    operations.inspect(
        seller_id=part.seller_id,
        case_id=case_id,
        findings={mug: Finding(condition="new", accepted=3, put_back=3)},
    )
    assert fresh(part).state == "processing"

    operations.cancel_for_seller(
        seller_id=part.seller_id, seller_order_id=part.id, units={bowl: 3}, note="Broken"
    )

    assert fresh(part).state == "returned"
    assert due(part)
    assert broken() == []


def _cases(part: SellerOrderData) -> list[int]:
    return list(Case.objects.filter(seller_order=part.id).values_list("pk", flat=True))


def test_what_came_back_and_what_was_lost_make_a_returned_part(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    arrive(part, two[0])
    lost(order, part, {part.lines[1].id: 3})
    with acting_as("system"):
        orders.record_returned(seller_order_id=part.id, units={part.lines[0].id: 3})

    assert fresh(part).state == "returned"


def test_the_database_returns_no_part_of_which_something_is_kept(
    order: OrderData, part: SellerOrderData, two: tuple[int, int]
) -> None:
    with pytest.raises(DatabaseError, match="was not given back"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders_sellerorder SET state = 'returned', version = version + 1 WHERE id = %s",
            [part.id],
        )
