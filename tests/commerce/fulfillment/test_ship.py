import pytest
from django.db import Error, transaction

from commerce.checkout import operations as checkout
from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import Carrier, Shipment, ShipmentLine
from commerce.inventory import queries as stock
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.fulfillment import delivered, make_carrier, shipped
from tests.factories.orders import make_ready_cart
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def ship(part, **changes):
    values = {
        "seller_id": part.seller_id, "seller_order_id": part.id,
        "carrier_code": make_carrier(), "tracking_number": "1Z 999",
    }  # fmt: skip
    return operations.ship(**{**values, **changes})


def sold_part(**changes):
    return sell(Sold(seller=make_seller(), **changes)).seller_orders[0]


def state_of(part):
    return orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id].state


def test_everything_is_shipped_unless_said_otherwise():
    part = sold_part(quantity=2)
    shipment_id = ship(part)

    (parcel,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert (parcel.id, parcel.seller_id, parcel.state) == (shipment_id, part.seller_id, "shipped")
    assert [(line.order_line_id, line.quantity) for line in parcel.lines] == [(part.lines[0].id, 2)]
    assert state_of(part) == "shipped"
    assert Event.objects.filter(name="fulfillment.shipment-shipped.v1").count() == 1
    check_deferred_constraints()


def test_two_parcels_make_the_whole():
    part = sold_part(quantity=3)
    line = part.lines[0].id
    ship(part, quantities={line: 1})
    assert state_of(part) == "processing"
    ship(part, quantities={line: 2})
    assert state_of(part) == "shipped"
    parcels = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert [parcel.lines[0].quantity for parcel in parcels] == [1, 2]
    check_deferred_constraints()


def test_the_tracking_link_carries_the_number():
    part = sold_part()
    ship(part, tracking_number=" 94 00/1 ")
    (parcel,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert parcel.tracking_number == "94 00/1"
    assert parcel.tracking_url.endswith("?tLabels=94%2000%2F1")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        ("", "Enter the tracking number that USPS gave you."),
        ("1" * 61, "A tracking number has at most 60 characters."),
        ("<script>", "A tracking number has only letters, digits and dashes."),
    ],
)
def test_a_tracking_number_that_cannot_be_one_is_refused(number, remedy):
    with pytest.raises(operations.InvalidTracking, match=remedy):
        ship(sold_part(), tracking_number=number)


def test_a_carrier_without_tracking_needs_no_number():
    part = sold_part()
    make_carrier("van", tracking_url="")
    ship(part, carrier_code="van", tracking_number="")
    assert queries.shipments_of(seller_order_ids=[part.id])[part.id][0].tracking_url == ""


def test_an_unknown_carrier_is_refused():
    with pytest.raises(operations.UnknownCarrier):
        ship(sold_part(), carrier_code="pigeon")


def test_more_than_was_ordered_is_refused_with_what_is_left():
    part = sold_part(quantity=2)
    line = part.lines[0].id
    ship(part, quantities={line: 1})
    with pytest.raises(operations.TooMany) as refused:
        ship(part, quantities={line: 2})
    assert str(refused.value) == ("Only 1 of “Stoneware mug” are left to ship. Enter 1 or fewer.")
    assert len(queries.shipments_of(seller_order_ids=[part.id])[part.id]) == 1


def test_a_line_of_another_order_is_refused():
    part, other = sold_part(), sold_part()
    with pytest.raises(operations.TooMany):
        ship(part, quantities={other.lines[0].id: 1})


def test_a_negative_quantity_is_refused():
    part = sold_part()
    with pytest.raises(operations.TooMany):
        ship(part, quantities={part.lines[0].id: -1})


def test_an_empty_parcel_is_refused():
    part = sold_part()
    with pytest.raises(operations.NothingToShip):
        ship(part, quantities={part.lines[0].id: 0})


def test_a_second_click_ships_nothing_more():
    part = sold_part()
    ship(part)
    with pytest.raises(operations.NotShippable, match="was shipped completely"):
        ship(part)
    assert Shipment.objects.count() == 1


def test_another_sellers_order_does_not_exist():
    part, stranger = sold_part(), make_seller()
    with pytest.raises(operations.NotFound):
        ship(part, seller_id=stranger.pk)
    assert state_of(part) == "confirmed"


def test_another_sellers_parcel_does_not_exist():
    part, stranger = sold_part(), make_seller()
    shipment_id = shipped(part)
    with pytest.raises(operations.NotFound):
        operations.deliver(seller_id=stranger.pk, shipment_id=shipment_id)
    assert state_of(part) == "shipped"


def test_the_last_parcel_delivered_delivers_the_order():
    part = sold_part(quantity=2)
    line = part.lines[0].id
    first, second = ship(part, quantities={line: 1}), ship(part, quantities={line: 1})
    assert operations.deliver(seller_id=part.seller_id, shipment_id=first)
    assert state_of(part) == "shipped"
    assert operations.deliver(seller_id=part.seller_id, shipment_id=second)
    assert state_of(part) == "delivered"


def test_a_parcel_that_arrives_before_the_rest_is_sent_does_not_deliver_the_order():
    part = sold_part(quantity=2)
    line = part.lines[0].id
    first = ship(part, quantities={line: 1})
    operations.deliver(seller_id=part.seller_id, shipment_id=first)
    assert state_of(part) == "processing"
    operations.deliver(seller_id=part.seller_id, shipment_id=ship(part))
    assert state_of(part) == "delivered"


def test_a_parcel_is_delivered_once():
    part = sold_part()
    shipment_id = delivered(part)
    assert operations.deliver(seller_id=part.seller_id, shipment_id=shipment_id) is False
    assert Event.objects.filter(name="fulfillment.shipment-delivered.v1").count() == 1


def test_the_database_refuses_to_pack_more_than_was_ordered():
    part = sold_part(quantity=2)
    parcel = Shipment.objects.get(pk=shipped(part))
    extra = Shipment.objects.create(
        seller_id=part.seller_id, seller_order_id=part.id, carrier=parcel.carrier
    )
    with pytest.raises(Error, match="has 3 of 2 to ship"), transaction.atomic():
        ShipmentLine.objects.create(shipment=extra, order_line_id=part.lines[0].id, quantity=1)


@transaction.atomic
def pack_without_counting(part):
    parcel = Shipment.objects.create(
        seller_id=part.seller_id, seller_order_id=part.id, carrier=Carrier.objects.get(code="usps")
    )
    ShipmentLine.objects.create(shipment=parcel, order_line_id=part.lines[0].id, quantity=2)
    check_deferred_constraints()


def test_the_database_refuses_to_pack_what_the_order_does_not_count_as_shipped():
    part = sold_part(quantity=2)
    make_carrier()
    with pytest.raises(Error, match="2 packed but 0 shipped"):
        pack_without_counting(part)


def test_the_database_ties_a_parcel_to_its_seller_and_its_order():
    part, other = sold_part(), sold_part()
    parcel = Shipment.objects.get(pk=shipped(part))
    with pytest.raises(Error, match="is not of seller"), transaction.atomic():
        Shipment.objects.create(
            seller_id=other.seller_id, seller_order_id=part.id, carrier=parcel.carrier
        )
    with pytest.raises(Error, match="not part of this parcel"), transaction.atomic():
        ShipmentLine.objects.create(shipment=parcel, order_line_id=other.lines[0].id, quantity=1)
    with pytest.raises(Error, match="stays on record"), transaction.atomic():
        ShipmentLine.objects.filter(shipment=parcel).delete()


def test_a_packing_slip_lists_what_is_still_to_be_packed():
    part = sold_part(quantity=3, titles=["Mug", "Bowl"])
    mug, bowl = part.lines
    first = ship(part, quantities={mug.id: 3, bowl.id: 1})

    slip = queries.packing_slip(seller_id=part.seller_id, seller_order_id=part.id)
    assert slip is not None
    assert [(line.title, line.quantity, line.ordered) for line in slip.lines] == [("Bowl", 2, 3)]
    assert slip.ship_to.city == "San Francisco"

    of_parcel = queries.packing_slip(
        seller_id=part.seller_id, seller_order_id=part.id, shipment_id=first
    )
    assert of_parcel is not None
    assert [(line.title, line.quantity) for line in of_parcel.lines] == [("Mug", 3), ("Bowl", 1)]


def test_a_packing_slip_is_for_its_seller_only():
    part, stranger = sold_part(), make_seller()
    assert queries.packing_slip(seller_id=stranger.pk, seller_order_id=part.id) is None
    assert (
        queries.packing_slip(
            seller_id=part.seller_id, seller_order_id=part.id, shipment_id=shipped(sold_part())
        )
        is None
    )


def test_parcels_of_many_orders_take_two_statements(django_assert_num_queries):
    parts = [sold_part() for _ in range(3)]
    for part in parts:
        shipped(part)
    with django_assert_num_queries(2):
        found = queries.shipments_of(seller_order_ids=[part.id for part in parts])
    assert [len(found[part.id]) for part in parts] == [1, 1, 1]


def test_a_parcel_says_where_it_came_from_and_where_it_goes(double):
    ready = make_ready_cart()
    (variant_id,), (seller_id,) = ready.variants, ready.sellers
    place_id = stock.levels(variant_ids=[variant_id])[variant_id][0].location_id
    operations.set_pick_up_point(
        seller_id=seller_id, location_id=place_id, address=SAN_FRANCISCO, opening_hours="Mon"
    )
    placed = ready.place()
    double.pay(placed.payment_url)
    checkout.finalise(order_token=placed.order_token)
    (part,) = orders.order(token=placed.order_token).seller_orders

    parcel_id = ship(part)

    parcel = queries.shipments(shipment_ids=[parcel_id])[parcel_id]
    assert parcel.location_id == place_id
    assert parcel.origin == SAN_FRANCISCO.as_dict()
    assert parcel.destination == part.ship_to
    (allocation,) = stock.allocations(holder=placed.order_token)
    assert allocation.open == 0
