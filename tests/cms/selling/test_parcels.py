"""Labels, tracking and pick-up at a seller's order."""

import pytest

from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import Shipment
from commerce.orders import queries as orders
from tests.factories.fulfillment import labeled, make_carrier, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.carrier import deliver

pytestmark = pytest.mark.django_db
HOME = "/admin/selling/orders/"
PICK_UP = {
    "name": "Pick-up", "carrier": "", "kind": "pickup",
    "pick_up": {
        "address": {"name": "Acme", "line1": "1 Main St", "city": "Reno", "country": "US"},
        "opening_hours": "Mon 9",
    },
}  # fmt: skip


@pytest.fixture
def shop(carriers):
    shop = open_shop("Acme")
    plan_dispatch(shop.seller.pk)
    return shop


def sold(shop, **changes):
    values = {"seller": shop.seller, "titles": ["Mug", "Bowl"], "quantity": 2, **changes}
    return sell(Sold(**values)).seller_orders[0]


def parcel(part, *quantities, **changes):
    counts = quantities or [line.quantity for line in part.lines]
    fields = {
        f"quantity_{line.id}": str(count) for line, count in zip(part.lines, counts, strict=True)
    }
    return {"key": "abc", "kilograms": "0.9", "length": "", "width": "", "height": "",
            "location": "", **fields, **changes}  # fmt: skip


def labels(part):
    return queries.labels_of(seller_order_ids=[part.id])[part.id]


def page_of(shop, part, role="packer"):
    return shop.client(role).get(f"{HOME}{part.number}/").content.decode()


def test_a_packer_sees_prices_buys_a_label_prints_it_and_ships(shop):
    part, client = sold(shop), shop.client("packer")
    address = f"{HOME}{part.number}/label/"
    assert f'href="{address}"' in page_of(shop, part)
    form = client.get(address)
    assert 'value="1.6"' in form.content.decode()  # four pieces of 400 grams

    prices = client.post(address, parcel(part, 2, 1))
    assert prices.status_code == 200
    assert "USPS Priority" in prices.content.decode()
    ((value, offer), *_) = prices.context["offers"]
    answer = client.post(address, parcel(part, 2, 1, offer=value))

    assert answer.headers["Location"] == f"{HOME}{part.number}/"
    (label,) = labels(part)
    assert (label.state, label.cost) == ("bought", offer.price)
    assert sorted(line.quantity for line in label.lines) == [1, 2]
    sheet = client.get(f"{HOME}{part.number}/labels/{label.id}/sheet/")
    assert sheet.headers["Content-Type"] == "application/pdf"
    assert "no-store" in sheet.headers["Cache-Control"]
    assert sheet.content.startswith(b"%PDF")

    slip = client.get(f"{HOME}{part.number}/packing-slip/?label={label.id}").context["slip"]
    assert sorted(line.quantity for line in slip.lines) == [1, 2]
    client.post(f"{HOME}{part.number}/labels/{label.id}/handed-over/")
    (sent,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert sent.label_id == label.id
    page = page_of(shop, part)
    assert "Shipped" in page
    assert f"/labels/{label.id}/sheet/" in page
    assert 'value="1"' in page  # one piece is left to ship


def test_two_parcels_each_with_its_own_slip_and_label(shop):
    part, client = sold(shop), shop.client("editor")
    address = f"{HOME}{part.number}/label/"
    for key, counts in (("one", (2, 0)), ("two", (0, 2))):
        value = client.post(address, parcel(part, *counts, key=key)).context["offers"][0][0]
        client.post(address, parcel(part, *counts, key=key, offer=value))
    first, second = labels(part)
    for label, title in ((first, "Mug"), (second, "Bowl")):
        slip = client.get(f"{HOME}{part.number}/packing-slip/?label={label.id}").context["slip"]
        assert [(line.title, line.quantity) for line in slip.lines] == [(title, 2)]
        client.post(f"{HOME}{part.number}/labels/{label.id}/handed-over/")
    parcels = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert len({sent.tracking_number for sent in parcels}) == 2
    assert orders.seller_order(seller_id=shop.seller.pk, number=part.number).state == "shipped"


def test_a_double_click_buys_one_label(shop, carriers):
    part, client = sold(shop), shop.client()
    address = f"{HOME}{part.number}/label/"
    value = client.post(address, parcel(part)).context["offers"][0][0]
    for _ in range(2):
        client.post(address, parcel(part, offer=value))
    assert len(carriers.purchases) == len(labels(part)) == 1


def test_a_label_is_given_back(shop):
    part = sold(shop)
    label_id = labeled(part)
    page = page_of(shop, part)
    assert "Give back" in page
    shop.client().post(f"{HOME}{part.number}/labels/{label_id}/void/")
    assert labels(part)[0].state == "voided"
    assert "Give back" not in page_of(shop, part)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kilograms": "0"}, "greater than or equal to 0.001"),
        ({"kilograms": "71"}, "less than or equal to 70"),
        ({"kilograms": "1e9999"}, "less than or equal to 70"),
        ({"kilograms": ""}, "This field is required."),
        ({"length": "10"}, "Enter length, width and height, or none of them."),
        ({"location": "999999"}, "999999 is not one of the available choices"),
        ({"offer": "usps|Priority|1|USD"}, "It costs"),
        ({"offer": "usps|Teleport|900|USD"}, "offers this service no longer"),
    ],
)
def test_what_cannot_be_is_explained_and_kept(shop, change, message):
    part = sold(shop)
    answer = shop.client().post(f"{HOME}{part.number}/label/", {**parcel(part), **change})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert [label.state for label in labels(part)] in ([], ["failed"])


@pytest.mark.parametrize(
    "offer", ["x", "a|b|c|d", "usps|Priority|²|USD", "||1|USD", "a|b|1|US", f"a|{'b' * 61}|1|USD"]
)
def test_an_offer_that_is_none_shows_the_prices_again(shop, offer):
    part = sold(shop)
    answer = shop.client().post(f"{HOME}{part.number}/label/", parcel(part, offer=offer))
    assert answer.status_code == 200
    assert answer.context["offers"]


def test_with_the_carriers_away_a_seller_can_still_ship_by_hand(shop, carriers):
    part, client = sold(shop), shop.client()
    carriers.fault("500", times=None)
    answer = client.post(f"{HOME}{part.number}/label/", parcel(part))
    assert answer.status_code == 422
    assert "enter its tracking number at the order" in answer.content.decode()
    make_carrier()
    counts = {f"quantity_{line.id}": "2" for line in part.lines}
    client.post(
        f"{HOME}{part.number}/", {"carrier_code": "usps", "tracking_number": "94 1", **counts}
    )
    assert orders.seller_order(seller_id=shop.seller.pk, number=part.number).state == "shipped"


def test_a_lost_answer_is_told_and_settled_by_itself(shop, carriers):
    part, client = sold(shop), shop.client()
    address = f"{HOME}{part.number}/label/"
    value = client.post(address, parcel(part)).context["offers"][0][0]
    carriers.fault("lost", path="*/buy")
    answer = client.post(address, parcel(part, offer=value), follow=True)
    assert "no second one is" in answer.content.decode()
    assert "has not answered yet" in answer.content.decode()


def test_without_an_account_there_is_no_label_to_buy(shop, settings):
    part = sold(shop)
    settings.EASYPOST_API_KEY = ""
    assert "Buy a label" not in page_of(shop, part)
    assert shop.client().get(f"{HOME}{part.number}/label/").status_code == 302


def test_labels_of_others_do_not_exist(shop):
    part = sold(open_shop("Borealis"))
    label_id = labeled(part)
    mine = sold(shop)
    client = shop.client()
    for number in (part.number, mine.number):
        base = f"{HOME}{number}/labels/{label_id}"
        assert client.get(f"{base}/sheet/").status_code == 404
        assert client.post(f"{base}/void/").status_code == 404
        assert client.post(f"{base}/handed-over/").status_code == 404
    assert client.get(f"{HOME}{part.number}/label/").status_code == 404
    assert client.post(f"{HOME}{part.number}/label/", parcel(mine)).status_code == 404
    slip = client.get(f"{HOME}{mine.number}/packing-slip/?label={label_id}")
    assert slip.status_code == 404
    assert labels(part)[0].state == "bought"
    assert not Shipment.objects.exists()


def test_the_order_shows_what_the_carrier_says(shop, carriers):
    part = sold(shop)
    operations.hand_over(seller_id=shop.seller.pk, label_id=labeled(part))
    (sent,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    deliver(*carriers.signed(carriers.move(sent.tracking_number, "in_transit", place="Denver")))
    page = page_of(shop, part)
    assert "Arrived at a sorting center" in page
    assert "Denver, NV, US" in page


def test_what_is_picked_up_is_put_aside_and_handed_out(shop):
    part, client = sold(shop, method=PICK_UP), shop.client("packer")
    page = page_of(shop, part)
    assert "Ready to be picked up" in page
    assert "Buy a label" not in page
    client.post(f"{HOME}{part.number}/ready/")
    assert "Mark as picked up" in page_of(shop, part)
    (waiting,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    client.post(f"{HOME}{part.number}/parcels/{waiting.id}/delivered/")
    assert orders.seller_order(seller_id=shop.seller.pk, number=part.number).state == "delivered"
    assert client.post(f"{HOME}{part.number}/ready/").status_code == 302


def test_what_is_to_be_sent_cannot_be_put_aside(shop):
    part = sold(shop)
    answer = shop.client().post(f"{HOME}{part.number}/ready/", follow=True)
    assert "to be sent, not picked up" in answer.content.decode()
