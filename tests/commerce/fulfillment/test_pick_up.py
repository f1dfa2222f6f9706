"""Orders that the shopper fetches in a store."""

import pytest

from commerce.fulfillment import operations, queries
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db
PICK_UP = {
    "name": "Pick-up", "carrier": "", "kind": "pickup", "location_id": None,
    "pick_up": {"address": SAN_FRANCISCO.as_dict(), "opening_hours": "Mon–Fri 9–18"},
}  # fmt: skip


def part_to_fetch(**changes):
    return sell(Sold(seller=make_seller(), method=PICK_UP, **changes)).seller_orders[0]


def make_ready(part, **changes):
    return operations.make_ready(
        **{"seller_id": part.seller_id, "seller_order_id": part.id, **changes}
    )


def state_of(part):
    return orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id].state


def names():
    return list(Event.objects.filter(name__startswith="fulfillment").values_list("name", flat=True))


def test_what_is_ready_waits_in_the_store_and_is_picked_up_once():
    part = part_to_fetch()
    parcel_id = make_ready(part)
    parcel = queries.shipments(shipment_ids=[parcel_id])[parcel_id]
    assert (parcel.state, parcel.is_pick_up) == ("ready", True)
    assert parcel.destination["city"] == "San Francisco"
    assert names() == ["fulfillment.shipment-shipped.v1"]
    assert queries.has_label_or_parcel(seller_order_ids=[part.id]) == {part.id}

    assert operations.deliver(seller_id=part.seller_id, shipment_id=parcel_id)
    assert not operations.deliver(seller_id=part.seller_id, shipment_id=parcel_id)
    assert state_of(part) == "delivered"


def test_a_part_can_be_ready_before_the_rest():
    part = part_to_fetch(quantity=2)
    first = make_ready(part, quantities={part.lines[0].id: 1})
    operations.deliver(seller_id=part.seller_id, shipment_id=first)
    assert state_of(part) == "processing"
    operations.deliver(seller_id=part.seller_id, shipment_id=make_ready(part))
    assert state_of(part) == "delivered"


def test_what_is_to_be_sent_is_not_made_ready():
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    with pytest.raises(operations.NotPickedUp):
        make_ready(part)


def test_orders_of_others_do_not_exist():
    part, other = part_to_fetch(), make_seller()
    with pytest.raises(operations.NotFound):
        make_ready(part, seller_id=other.pk)


def test_pick_up_is_no_carrier_to_choose():
    part = part_to_fetch()
    assert "pick-up" not in {carrier.code for carrier in queries.carriers()}
    with pytest.raises(operations.UnknownCarrier):
        operations.ship(
            seller_id=part.seller_id, seller_order_id=part.id, carrier_code="pick-up",
            tracking_number="",
        )  # fmt: skip
