import csv
import io

import pytest
from django.db.models.functions import Now
from openpyxl import load_workbook

from commerce.audit import queries as audit
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.models import Shipment
from commerce.orders import queries as orders
from commerce.payouts import operations as payouts
from commerce.payouts import queries as earnings
from commerce.payouts.models import Earning
from commerce.returns import queries as returns
from tests.factories.fulfillment import delivered, make_carrier, shipped
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def other():
    return open_shop("Borealis")


def a_sale(shop, *others, **fields):
    order = sell(Sold(seller=shop.seller, **fields), *(Sold(seller=each.seller) for each in others))
    return order.seller_orders[0]


def ship_url(part):
    return f"/admin/selling/orders/{part.number}/"


def test_the_list_shows_own_parts_only(shop, other):
    part = a_sale(shop, other)
    foreign = a_sale(other)

    page = shop.client().get("/admin/selling/orders/").content.decode()

    assert part.number in page
    assert foreign.number not in page
    assert orders.order(token=part.order_token).seller_orders[1].number not in page


def test_the_list_can_be_narrowed_by_state_and_day(shop):
    open_part, sent = a_sale(shop), a_sale(shop)
    shipped(sent)
    client = shop.client()

    def numbers(query):
        rows = client.get(f"/admin/selling/orders/results/?{query}").context["object_list"]
        return {row.number for row in rows}

    assert numbers("state=shipped") == {sent.number}
    assert numbers("state=confirmed&state=shipped") == {sent.number, open_part.number}
    assert numbers("placed_from=2001-01-01&placed_to=2001-01-02") == set()


def test_the_list_is_searched_by_number_name_sku_and_title(shop):
    wanted = a_sale(shop, titles=["Copper kettle"])
    a_sale(shop)
    client = shop.client()

    for words in (wanted.number, wanted.lines[0].sku, "copper"):
        page = client.get("/admin/selling/orders/", {"q": words})
        assert [row.number for row in page.context["object_list"]] == [wanted.number]
        assert [row.items for row in page.context["object_list"]] == [2]


def test_the_list_costs_the_same_for_one_and_for_many(shop):
    client = shop.client()
    a_sale(shop)
    client.get("/admin/selling/orders/")
    with counted() as one:
        client.get("/admin/selling/orders/")
    a_sale(shop), a_sale(shop)
    with counted() as three:
        client.get("/admin/selling/orders/")

    assert len(one) == len(three)


def test_an_order_of_somebody_else_does_not_exist(shop, other):
    foreign = a_sale(other)
    client = shop.client()

    assert client.get(ship_url(foreign)).status_code == 404
    assert client.get(f"{ship_url(foreign)}packing-slip/").status_code == 404
    answer = client.post(
        ship_url(foreign), {"carrier_code": make_carrier(), "tracking_number": "1"}
    )
    assert answer.status_code == 404
    assert not Shipment.objects.exists()


def test_a_packer_ships_part_of_an_order_and_then_the_rest(shop):
    part = a_sale(shop, quantity=3)
    field = f"quantity_{part.lines[0].id}"
    client = shop.client("packer")
    form = {"carrier_code": make_carrier(), "tracking_number": "9400 1000"}

    first = client.post(ship_url(part), {**form, field: 1})
    state = orders.seller_order(seller_id=shop.seller.pk, number=part.number).state
    second = client.post(ship_url(part), {**form, field: 2})

    assert (first.status_code, state, second.status_code) == (302, "processing", 302)
    assert orders.seller_order(seller_id=shop.seller.pk, number=part.number).state == "shipped"
    assert Shipment.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tracking_number": ""}, "Enter the tracking number that USPS gave you."),
        ({"quantity": 9}, "Only 2 of “Stoneware mug” are left to ship. Enter 2 or fewer."),
        ({"quantity": 0}, "Enter how many of at least one item are in the parcel."),
        ({"carrier_code": "pigeon"}, "pigeon is not one of the available choices"),
        ({"quantity": -1}, "greater than or equal to 0"),
        ({"quantity": "x"}, "Enter a whole number."),
    ],
)
def test_a_parcel_that_cannot_be_is_explained_and_keeps_what_was_typed(shop, change, message):
    part = a_sale(shop)
    form = {"carrier_code": make_carrier(), "tracking_number": "9400 1000", "quantity": 2, **change}
    form[f"quantity_{part.lines[0].id}"] = form.pop("quantity")

    answer = shop.client().post(ship_url(part), form)

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Shipment.objects.exists()


def test_a_parcel_is_marked_as_delivered(shop):
    part = a_sale(shop)
    shipment = shipped(part)

    answer = shop.client("packer").post(f"{ship_url(part)}parcels/{shipment}/delivered/")

    assert answer.status_code == 302
    assert orders.seller_order(seller_id=shop.seller.pk, number=part.number).state == "delivered"


def test_a_parcel_of_another_order_is_not_delivered_through_ones_own(shop, other):
    part, foreign = a_sale(shop), a_sale(other)
    shipment = shipped(foreign)

    answer = shop.client().post(f"{ship_url(part)}parcels/{shipment}/delivered/")

    assert answer.status_code == 404
    assert Shipment.objects.get(pk=shipment).state == "shipped"


def test_a_packing_slip_has_no_prices(shop):
    part = a_sale(shop)

    page = shop.client("packer").get(f"{ship_url(part)}packing-slip/").content.decode()

    assert "Ada Brook" in page
    assert part.lines[0].sku in page
    assert "$" not in page


def test_only_an_owner_sees_what_is_earned(shop):
    part = a_sale(shop)

    assert "Your earnings" in shop.client("owner").get(ship_url(part)).content.decode()
    assert "Your earnings" not in shop.client("packer").get(ship_url(part)).content.decode()


@pytest.mark.parametrize(
    ("role", "is_told"), [("owner", True), ("editor", False), ("packer", False)]
)
def test_neither_the_list_nor_its_export_tells_others_what_is_earned(shop, role, is_told):
    a_sale(shop)
    client = shop.client(role)

    for _ in range(2):
        page = client.get("/admin/selling/orders/").content.decode()
        assert page.count("You earn") == is_told
    text = client.get("/admin/selling/orders/export/").getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert ("Commission" in row) == is_told
    assert None not in row


def test_the_export_has_own_lines_and_no_formula(shop, other):
    part = a_sale(shop, titles=["=HYPERLINK(1)"])
    a_sale(other)

    answer = shop.client().get("/admin/selling/orders/export/")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert [(row["Order"], row["Title"]) for row in rows] == [(part.number, "'=HYPERLINK(1)")]


def test_the_workbook_has_own_lines_alone(shop, other):
    part = a_sale(shop)
    a_sale(other)

    answer = shop.client().get("/admin/selling/orders/export/?format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.getvalue())).active

    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [part.number]


def test_an_export_is_narrowed_like_the_list_and_written_down(shop):
    a_sale(shop)
    sent = a_sale(shop)
    shipped(sent)

    answer = shop.client().get("/admin/selling/orders/export/?state=shipped")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert [row["Order"] for row in rows] == [sent.number]
    (entry,) = audit.entries_about(subject=f"seller:{shop.seller.pk}")
    assert entry.action == "orders.exported"
    assert entry.details == {"format": "csv", "lines": 1, "narrowed by": ["state"]}
    assert entry.actor.startswith("user:")


def test_a_packer_starts_packing_and_the_shopper_sees_it(shop, client):
    part = a_sale(shop)
    packer = shop.client("packer")
    assert "Start packing" in packer.get(ship_url(part)).content.decode()

    done = packer.post(f"{ship_url(part)}start/", follow=True).content.decode()

    assert "it is being prepared" in done
    assert "Start packing" not in done
    page = client.get(f"/orders/track/{part.order_token}/").content.decode()
    assert "Being prepared" in page
    [allowed] = returns.choices(order=orders.order(token=part.order_token))
    assert allowed.cancels_at_once
    packer.post(f"{ship_url(part)}start/")  # once more changes nothing


def test_a_part_of_which_some_has_left_has_a_word_of_its_own(shop, client):
    part = a_sale(shop, quantity=3)
    shop.client().post(f"{ship_url(part)}start/")
    fulfillment.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code=make_carrier(),
        tracking_number="9400 1000",
        quantities={part.lines[0].id: 1},
    )

    page = client.get(f"/orders/track/{part.order_token}/").content.decode()

    assert "Partly shipped" in page
    assert "Partly shipped" in shop.client().get(ship_url(part)).content.decode()


def test_what_was_sent_or_is_anothers_is_not_packed(shop, other):
    part, foreign = a_sale(shop), a_sale(other)
    shipped(part)
    client = shop.client()

    refused = client.post(f"{ship_url(part)}start/", follow=True).content.decode()

    assert "nothing can be shipped" in refused
    assert client.post(f"{ship_url(foreign)}start/").status_code == 404


def test_what_is_kept_back_after_delivery_is_not_called_available(shop):
    part = a_sale(shop)
    payouts.credit_order(order_id=part.order_id)
    client = shop.client()
    assert "Available once the order is delivered." in client.get(ship_url(part)).content.decode()

    delivered(part)
    payouts.release_earning(seller_order_id=part.id)

    (earning,) = earnings.earnings_of(seller_order_ids=[part.id]).values()
    page = client.get(ship_url(part)).content.decode()
    assert "available for a payout from" in page
    assert "Available for your next payout." not in page
    assert earning.is_held
    Earning.objects.update(available_at=Now())
    page = client.get(ship_url(part)).content.decode()
    assert "Available for your next payout." in page
