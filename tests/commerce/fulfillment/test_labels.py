"""Labels: bought once, paid once, used once, given back."""

import pytest
from django.db import Error, connection, transaction

from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import Carrier, Label, LabelLine, Shipment, ShipmentLine
from commerce.gateways.carriers import CarrierUnavailable
from commerce.kernel import failpoints
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.outbox import operations as outbox
from commerce.outbox.models import Delivery
from commerce.payouts.models import Deduction, Earning
from tests.factories.fulfillment import labeled, make_carrier, plan_dispatch, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def sold_part(**changes):
    return sell(Sold(seller=make_seller(), **changes)).seller_orders[0]


def label_of(part):
    (label,) = queries.labels_of(seller_order_ids=[part.id])[part.id]
    return label


def let_time_pass(minutes=1):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_label SET tried_at = tried_at - %s * interval '1 minute',"
            " asked_at = asked_at - %s * interval '1 minute'",
            [minutes, minutes],
        )


def owed(part):
    return -ledger.balance(code=f"payable:{part.seller_id}", currency="USD")


def test_offers_come_cheapest_first(carriers):
    part = sold_part()
    plan_dispatch(part.seller_id)
    offers = operations.label_offers(
        seller_id=part.seller_id, seller_order_id=part.id, weight_grams=907
    )
    assert [(offer.carrier, offer.price.minor) for offer in offers] == [
        ("usps", 486), ("usps", 780), ("ups", 940), ("fedex", 1970),
    ]  # fmt: skip


def test_labels_priced_in_another_currency_than_the_orders_are_refused_with_what_to_do(carriers):
    part = sell(Sold(seller=make_seller()), currency="EUR").seller_orders[0]
    plan_dispatch(part.seller_id)

    with pytest.raises(operations.LabelRefused, match="in USD, and this order is paid in EUR"):
        operations.label_offers(seller_id=part.seller_id, seller_order_id=part.id, weight_grams=907)
    assert not Label.objects.exists()


def test_a_label_is_bought_stored_and_booked_to_its_seller(carriers):
    part = sold_part()
    before = owed(part)

    label_id = labeled(part)

    label = label_of(part)
    assert (label.id, label.state, label.service) == (label_id, "bought", "Priority")
    assert [(line.order_line_id, line.quantity) for line in label.lines] == [(part.lines[0].id, 2)]
    assert label.tracking_number in {t["tracking_code"] for t in carriers.trackers.values()}
    name, sheet = queries.label_file(seller_id=part.seller_id, label_id=label_id)
    assert name.endswith(".pdf")
    assert sheet.startswith(b"%PDF")
    assert owed(part) == before - label.cost.minor
    assert ledger.balance(code="carriers", currency="USD") == -label.cost.minor


def tell_payouts():
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", event__name__contains="label", delivered_at=None
    ):
        outbox.deliver(delivery_id=delivery.pk)


def test_its_cost_is_deducted_from_what_the_seller_is_paid(carriers):
    part = sold_part()
    label_id = labeled(part)
    tell_payouts()
    cost = label_of(part).cost.minor
    deduction = Deduction.objects.get(business_key=f"label:{label_id}")
    assert (deduction.seller_id, deduction.amount_minor) == (part.seller_id, cost)
    operations.void_label(seller_id=part.seller_id, label_id=label_id)
    tell_payouts()
    given_back = Earning.objects.get(business_key=f"label-void:{label_id}")
    assert (given_back.seller_id, given_back.amount_minor) == (part.seller_id, cost)


def test_a_label_ends_automatic_cancellation_at_once(carriers):
    part, untouched, sent = sold_part(), sold_part(), sold_part()
    ids = [part.id, untouched.id, sent.id]
    shipped(sent)
    assert queries.has_label_or_parcel(seller_order_ids=ids) == {sent.id}
    carriers.fault("500", times=None)
    with pytest.raises(operations.LabelPending):
        labeled(part)
    assert queries.has_label_or_parcel(seller_order_ids=ids) == {part.id, sent.id}
    carriers.mend()
    let_time_pass()
    operations.settle_labels()
    operations.void_label(seller_id=part.seller_id, label_id=label_of(part).id)
    assert queries.has_label_or_parcel(seller_order_ids=ids) == {sent.id}


def test_the_same_key_buys_one_label(carriers):
    part = sold_part()
    assert labeled(part) == labeled(part)
    assert len(carriers.purchases) == 1


@pytest.mark.parametrize("path", ["/v2/shipments", "/v2/shipments/*/buy"])
@pytest.mark.parametrize("fault", ["lost", "500", "nonsense"])
def test_an_answer_that_is_lost_buys_no_second_label(carriers, fault, path):
    part = sold_part()
    carriers.fault(fault, path=path)
    with pytest.raises(operations.LabelPending):
        labeled(part)
    assert label_of(part).state == "asked"

    let_time_pass()
    assert operations.settle_labels() == 1

    assert label_of(part).state == "bought"
    assert len(carriers.purchases) == 1
    assert ledger.balance(code="carriers", currency="USD") == -label_of(part).cost.minor


@pytest.fixture
def ordered_to_fail():
    yield failpoints.arm
    failpoints.arm("")


@pytest.mark.parametrize("place", ["label_asked", "label_prepared", "label_bought"])
@pytest.mark.parametrize("minutes", [1, 60])
def test_wherever_a_purchase_breaks_off_it_is_finished_or_given_up(
    carriers, ordered_to_fail, place, minutes
):
    part = sold_part()
    ordered_to_fail(f"{place}=raise")
    with pytest.raises(failpoints.OrderedToFail):
        labeled(part)
    ordered_to_fail("")
    paid_before = len(carriers.purchases)
    assert paid_before == (place == "label_bought")

    let_time_pass(minutes=minutes)
    operations.settle_labels()

    is_late = minutes > 15 and not paid_before
    assert label_of(part).state == ("failed" if is_late else "bought")
    assert len(carriers.purchases) == (0 if is_late else 1)
    cost = label_of(part).cost
    assert ledger.balance(code="carriers", currency="USD") == -(cost.minor if cost else 0)


def test_a_label_that_nobody_waits_for_any_more_is_given_up(carriers):
    part = sold_part()
    carriers.fault("500", times=None)
    with pytest.raises(operations.LabelPending):
        labeled(part)
    carriers.mend()
    let_time_pass(minutes=16)
    operations.settle_labels()
    assert label_of(part).state == "failed"
    assert carriers.purchases == []
    shipped(part)


def test_a_refusal_tells_the_carriers_reason_and_frees_the_units(carriers):
    part = sold_part()
    carriers.fault("refuse", path="/v2/shipments/*/buy")
    with pytest.raises(operations.LabelRefused, match="The carrier says no"):
        labeled(part)
    assert label_of(part).state == "failed"
    assert labeled(part, key="again")


def test_a_price_that_rose_is_not_paid(carriers):
    part = sold_part()
    with pytest.raises(operations.LabelRefused, match=r"It costs 7\.\d\d USD now"):
        labeled(part, most=Money(700, "USD"))
    assert carriers.purchases == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"weight_grams": 0}, operations.InvalidParcel),
        ({"weight_grams": 70_001}, operations.InvalidParcel),
        ({"sizes_mm": (1, 2)}, operations.InvalidParcel),
        ({"sizes_mm": (1, 2, 0)}, operations.InvalidParcel),
        ({"quantities": {}}, operations.NothingToShip),
        ({"service": "Teleport"}, operations.LabelRefused),
    ],
)
def test_what_cannot_be_labeled_is_refused(carriers, change, error):
    with pytest.raises(error):
        labeled(sold_part(), **change)
    assert carriers.purchases == []


def test_a_seller_says_first_where_parcels_leave_from(carriers):
    part = sold_part()
    with pytest.raises(operations.NoOrigin, match="Say first where"):
        operations.label_offers(seller_id=part.seller_id, seller_order_id=part.id, weight_grams=500)


def test_labels_of_others_do_not_exist(carriers):
    part, other = sold_part(), make_seller()
    label_id = labeled(part)
    for act in (operations.void_label, operations.hand_over):
        with pytest.raises(operations.NotFound):
            act(seller_id=other.pk, label_id=label_id)
    assert queries.label_file(seller_id=other.pk, label_id=label_id) is None
    with pytest.raises(operations.NotFound):
        labeled(part, seller_id=other.pk, key="stolen")


def test_labels_are_for_different_units(carriers):
    part = sold_part(quantity=3)
    line = part.lines[0].id
    labeled(part, key="one", quantities={line: 2})
    with pytest.raises(operations.TooMany) as refusal:
        labeled(part, key="two", quantities={line: 2})
    assert refusal.value.left == 1
    labeled(part, key="two")
    assert [lines[0].quantity for lines in all_lines(part)] == [2, 1]
    with pytest.raises(operations.NothingToShip):
        labeled(part, key="three")
    with pytest.raises(operations.NothingToShip):
        shipped(part)


def all_lines(part):
    return [label.lines for label in queries.labels_of(seller_order_ids=[part.id])[part.id]]


def test_a_parcel_takes_its_label_once(carriers):
    part = sold_part()
    label_id = labeled(part)
    first = operations.hand_over(seller_id=part.seller_id, label_id=label_id)
    assert operations.hand_over(seller_id=part.seller_id, label_id=label_id) == first
    parcel = queries.shipments(shipment_ids=[first])[first]
    assert (parcel.tracking_number, parcel.label_id) == (label_of(part).tracking_number, label_id)
    assert parcel.origin["city"] == "San Francisco"
    assert parcel.destination == part.ship_to
    now = orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id]
    assert now.state == "shipped"
    with pytest.raises(operations.NotVoidable):
        operations.void_label(seller_id=part.seller_id, label_id=label_id)


def test_a_label_given_back_frees_its_units_and_its_cost(carriers):
    part = sold_part()
    before = owed(part)
    label_id = labeled(part)
    operations.void_label(seller_id=part.seller_id, label_id=label_id)
    operations.void_label(seller_id=part.seller_id, label_id=label_id)
    assert label_of(part).state == "voided"
    assert owed(part) == before
    assert ledger.balance(code="carriers", currency="USD") == 0
    with pytest.raises(operations.NotLabeled):
        operations.hand_over(seller_id=part.seller_id, label_id=label_id)
    shipped(part)


def test_a_label_that_the_carrier_keeps_stays_bought(carriers):
    part = sold_part()
    label_id = labeled(part)
    carriers.move(label_of(part).tracking_number, "in_transit")
    with pytest.raises(operations.NotVoidable, match="it was used"):
        operations.void_label(seller_id=part.seller_id, label_id=label_id)
    assert label_of(part).state == "bought"


def test_giving_back_is_finished_when_the_carrier_answers_again(carriers):
    part = sold_part()
    label_id = labeled(part)
    carriers.fault("lost", path="*/refund")
    with pytest.raises(operations.LabelPending):
        operations.void_label(seller_id=part.seller_id, label_id=label_id)
    let_time_pass()
    operations.settle_labels()
    assert label_of(part).state == "voided"
    assert ledger.balance(code="carriers", currency="USD") == 0


def test_a_sheet_that_could_not_be_fetched_is_fetched_later(carriers):
    part = sold_part()
    carriers.fault("500", path="/labels/*")
    label_id = labeled(part)
    assert queries.label_file(seller_id=part.seller_id, label_id=label_id) is None
    let_time_pass()
    operations.settle_labels()
    assert queries.label_file(seller_id=part.seller_id, label_id=label_id) is not None
    assert len(carriers.purchases) == 1


def test_without_an_account_there_are_no_offers(carriers, settings):
    part = sold_part()
    plan_dispatch(part.seller_id)
    settings.EASYPOST_API_KEY = ""
    with pytest.raises(CarrierUnavailable):
        operations.label_offers(seller_id=part.seller_id, seller_order_id=part.id, weight_grams=500)


def test_the_database_refuses_a_label_for_more_than_is_open(carriers):
    part = sold_part(quantity=2)
    label = Label.objects.get(pk=labeled(part, quantities={part.lines[0].id: 1}))
    other = Label.objects.create(
        key="x", seller_id=part.seller_id, seller_order_id=part.id, carrier_name="usps",
        service="Priority", weight_grams=1, origin={}, destination={}, currency="USD", most_minor=1,
    )  # fmt: skip
    with pytest.raises(Error, match="labels for 3 of 2 open units"), transaction.atomic():
        LabelLine.objects.create(label=other, order_line_id=part.lines[0].id, quantity=2)
    with pytest.raises(Error, match="stays on record"), transaction.atomic():
        label.lines.all().delete()


def test_the_database_keeps_one_label_per_parcel_and_one_parcel_per_label(carriers):
    part = sold_part(quantity=2)
    line = part.lines[0].id
    one = labeled(part, key="one", quantities={line: 1})
    two = labeled(part, key="two", quantities={line: 1})
    parcel = Shipment.objects.get(pk=operations.hand_over(seller_id=part.seller_id, label_id=one))
    with pytest.raises(Error, match="keeps its label"), transaction.atomic():
        Shipment.objects.filter(pk=parcel.pk).update(label_id=two)
    with pytest.raises(Error, match="fulfillment_shipment_label_id"), transaction.atomic():
        Shipment.objects.create(
            seller_id=part.seller_id, seller_order_id=part.id, carrier=parcel.carrier, label_id=one
        )
    with pytest.raises(Error, match="on a parcel that left"), transaction.atomic():
        Label.objects.filter(pk=one).update(state="voiding")
    with pytest.raises(Error, match="cannot become"), transaction.atomic():
        Label.objects.filter(pk=two).update(cost_minor=1)
    with pytest.raises(Error, match="cannot become"), transaction.atomic():
        Label.objects.filter(pk=two).update(state="asked")


def test_the_database_gives_a_label_to_its_own_sellers_open_order_only(carriers):
    part, other = sold_part(), sold_part()
    values = {
        "carrier_name": "usps", "service": "Priority", "weight_grams": 1, "origin": {},
        "destination": {}, "currency": "USD", "most_minor": 1,
    }  # fmt: skip
    with pytest.raises(Error, match="takes no label"), transaction.atomic():
        Label.objects.create(key="a", seller_id=other.seller_id, seller_order_id=part.id, **values)
    shipped(part)
    with pytest.raises(Error, match="takes no label"), transaction.atomic():
        Label.objects.create(key="b", seller_id=part.seller_id, seller_order_id=part.id, **values)
    label_id = labeled(other)
    make_carrier()
    parcel = Shipment.objects.get(seller_order_id=part.id)
    with pytest.raises(Error, match="not a bought one of this order"), transaction.atomic():
        Shipment.objects.create(
            seller_id=part.seller_id, seller_order_id=part.id, carrier=parcel.carrier,
            label_id=label_id,
        )  # fmt: skip


def test_the_database_packs_no_unit_that_has_a_label_of_its_own(carriers):
    part = sold_part(quantity=2)
    line = part.lines[0].id
    labeled(part, quantities={line: 1})
    parcel = Shipment.objects.create(
        seller_id=part.seller_id, seller_order_id=part.id, carrier=Carrier.objects.get(code="usps")
    )
    with pytest.raises(Error, match="2 packed and 1 labeled of 2"), transaction.atomic():
        ShipmentLine.objects.create(shipment=parcel, order_line_id=line, quantity=2)
