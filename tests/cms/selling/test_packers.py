"""Packers pack: what gives money back or spends it is for owners and editors."""

import pytest
from django.urls import reverse

from cms.selling.policy import POLICIES, Work
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.inventory import operations as inventory
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.returns import operations, queries
from commerce.returns.types import Wish
from tests.factories.fulfillment import delivered, labeled, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(carriers):
    shop = open_shop("Acme")
    plan_dispatch(shop.seller.pk)
    return shop


def sold(shop, **changes):
    part = sell(Sold(seller=shop.seller, quantity=3, **changes)).seller_orders[0]
    place = inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
    variant = part.lines[0].variant_id
    inventory.set_on_hand(variant_id=variant, location_id=place, on_hand=5, cause="test")
    return part


def asked(part):
    delivered(part)
    [case_id] = operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 2}, reason="defective")
    )
    return queries.cases(case_ids=[case_id])[case_id]


def state_of(case):
    return queries.cases(case_ids=[case.id])[case.id].state


@pytest.mark.parametrize("name", ["order_cancel", "draft_new", "earnings", "machines", "team"])
def test_addresses_of_decisions_are_nobody_elses(shop, name):
    part = sold(shop)
    args = [part.number] if name == "order_cancel" else []
    address = reverse(f"selling:{name}", args=args)
    client = shop.client("packer")

    assert client.get(address).status_code == 404
    assert client.post(address, {}).status_code == 404
    assert "packer" not in POLICIES[f"selling:{name}"][1].value


def test_a_packer_cancels_nothing_and_sees_no_link_to_it(shop):
    part = sold(shop)
    address = reverse("selling:order_cancel", args=[part.number])
    line = part.lines[0].id
    page = reverse("selling:order", args=[part.number])

    answer = shop.client("packer").post(address, {f"quantity_{line}": 3, "note": "Gone"})

    assert answer.status_code == 404
    [after] = orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id].lines
    assert after.canceled_quantity == 0
    assert address not in shop.client("packer").get(page).content.decode()
    assert address in shop.client("editor").get(page).content.decode()


@pytest.mark.parametrize("act", ["yes", "no"])
def test_a_packer_does_not_answer_a_request(shop, act):
    case = asked(sold(shop))
    address = reverse("selling:request", args=[case.number])
    client = shop.client("packer")

    page = client.get(address).content.decode()
    assert "An owner or an editor of your shop answers this." in page
    assert 'name="act"' not in page
    assert client.post(address, {"act": act, "note": "No", "return_to": ""}).status_code == 404
    assert state_of(case) == "requested"


def test_a_packer_says_what_came_and_an_editor_what_is_given_back(shop):
    case = asked(sold(shop))
    address = reverse("selling:request", args=[case.number])
    packer, editor = shop.client("packer"), shop.client("editor")
    editor.post(address, {"act": "yes", "note": "", "return_to": ""})

    assert packer.post(address, {"act": "received"}).status_code == 302
    page = packer.get(address).content.decode()
    assert 'value="accept"' not in page
    key = case.lines[0].order_line_id
    found = {f"condition_{key}": "new", f"accepted_{key}": 2, f"put_back_{key}": 2}
    accept = {"act": "accept", "note": "", "withheld": "", **found}
    assert packer.post(address, accept).status_code == 404
    assert state_of(case) == "received"

    assert editor.post(address, accept).status_code == 302
    assert state_of(case) == "refunded"


def labels(part):
    return parcels.labels_of(seller_order_ids=[part.id])[part.id]


def buy(client, part, key="abc"):
    address = reverse("selling:label", args=[part.number])
    data = {
        "key": key, "kilograms": "0.9", "length": "", "width": "", "height": "", "location": "",
        **{f"quantity_{line.id}": "1" for line in part.lines},
    }  # fmt: skip
    offer = next(
        value
        for value, offer in client.post(address, data).context["offers"]
        if offer.service == "Priority"
    )
    return client.post(address, {**data, "offer": offer})


def test_a_packer_buys_labels_for_what_the_shopper_paid_and_no_more(shop):
    part = sold(shop, shipping_minor=1500)
    client = shop.client("packer")

    assert buy(client, part).status_code == 302
    [label] = labels(part)
    assert label.cost.minor <= 1500
    affordable = 1500 // label.cost.minor
    answers = [buy(client, part, key=f"more-{each}") for each in range(2)]
    refused = answers[-1]

    assert refused.status_code == 422
    assert "Ask an owner or an editor to buy this one." in refused.content.decode()
    assert len(labels(part)) == affordable
    assert buy(shop.client("editor"), part, key="third").status_code == 302


def test_what_is_spent_on_labels_is_counted_together(shop):
    part = sold(shop)
    some = {"quantities": {part.lines[0].id: 1}, "within": Money(1200, "USD")}
    labeled(part, key="one", most=Money(1200, "USD"), **some)
    left = Money(1200, "USD") - labels(part)[0].cost

    with pytest.raises(fulfillment.TooDear):
        labeled(part, key="two", most=left + Money(1, "USD"), **some)


def test_decisions_are_of_those_who_run_the_shop():
    assert Work.DECISIONS.value == ("owner", "editor")
    for name in ("selling:order_cancel", "selling:drafts"):
        assert POLICIES[name][1] is Work.DECISIONS
