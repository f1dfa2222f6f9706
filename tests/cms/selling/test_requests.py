"""A seller's answers to what shoppers ask, through the admin and its wall; staff's in its place."""

import pytest

from commerce.inventory import operations as inventory
from commerce.orders import queries as orders
from commerce.returns import operations, queries
from commerce.returns.models import Policy
from commerce.returns.types import Wish
from tests.commerce.returns.conftest import broken, past
from tests.commerce.returns.test_returning import photo
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def other():
    return open_shop("Borealis")


@pytest.fixture
def part(shop, other):
    order = sell(Sold(seller=shop.seller, quantity=3), Sold(seller=other.seller))
    for each in order.seller_orders:
        place = inventory.ensure_location(seller_id=each.seller_id, name="Main", country="US")
        variant = each.lines[0].variant_id
        inventory.set_on_hand(variant_id=variant, location_id=place, on_hand=5, cause="test")
    return order.seller_orders[0]


def returned(part, **wish):
    delivered(part)
    [case_id] = operations.request_return(
        order_token=part.order_token,
        wish=Wish(units={part.lines[0].id: 2}, reason="defective", pictures=[photo()], **wish),
    )
    return queries.cases(case_ids=[case_id])[case_id]


def url(case) -> str:
    return f"/admin/selling/requests/{case.number}/"


def fresh(case):
    return queries.cases(case_ids=[case.id])[case.id]


def inspected(part, **more):
    key = part.lines[0].id
    return {
        f"condition_{key}": "new", f"accepted_{key}": 2, f"put_back_{key}": 2, "note": "",
        "withheld": "", **more,
    }  # fmt: skip


def test_who_decides_reads_what_will_be_given_back(shop, part):
    case = returned(part)
    client = shop.client("editor")
    shown = client.get(url(case))
    client.post(url(case), {"act": "yes", "note": "", "return_to": "Hall 4, Reno"})
    client.post(url(case), {"act": "received"})
    client.post(url(case), {"act": "accept", **inspected(part)})

    assert shown.context["paid"] == fresh(case).refund
    assert "The shopper paid $54.38 for them, tax included." in shown.content.decode()


def test_a_return_goes_from_the_answer_to_the_refund(shop, part):
    case = returned(part)
    client = shop.client("editor")
    assert case.number in client.get("/admin/selling/requests/").content.decode()
    assert case.number in client.get(f"/admin/selling/orders/{part.number}/").content.decode()
    picture = client.get(f"{url(case)}pictures/{case.picture_ids[0]}.jpg")
    assert picture["Content-Type"] == "image/jpeg"

    client.post(url(case), {"act": "yes", "note": "", "return_to": "Hall 4, Reno"})
    assert (fresh(case).state, fresh(case).return_to) == ("approved", "Hall 4, Reno")
    client.post(url(case), {"act": "received"})
    done = client.post(url(case), {"act": "accept", **inspected(part)}, follow=True)

    assert "Done. The shopper was told." in done.content.decode()
    assert fresh(case).state == "refunded"
    assert broken() == []


def test_a_no_needs_a_reason_and_keeps_what_was_typed(shop, part):
    case = returned(part)

    answer = shop.client().post(url(case), {"act": "no", "note": "", "return_to": "Kept here"})

    assert answer.status_code == 422
    assert "Say why, so that the shopper understands." in answer.content.decode()
    assert "Kept here" in answer.content.decode()


def test_withholding_is_limited_and_explained(shop, part):
    case = returned(part)
    client = shop.client()
    client.post(url(case), {"act": "yes", "note": "", "return_to": ""})
    client.post(url(case), {"act": "received"})

    much = client.post(url(case), {"act": "accept", **inspected(part, withheld="999", note="Worn")})
    assert much.status_code == 422
    assert "At most 45.00 USD can be withheld" in much.content.decode()
    client.post(url(case), {"act": "accept", **inspected(part, withheld="5", note="Worn")})

    assert (fresh(case).state, fresh(case).withheld.minor) == ("partly", 500)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "burn"},
        {"act": "accept"},
        {"act": "accept", "withheld": "1e400"},
        {"act": "accept", "withheld": "-1"},
        {"act": "accept", "note": "x" * 5000},
    ],
)
def test_nonsense_is_explained(shop, part, data):
    case = returned(part)
    client = shop.client()
    client.post(url(case), {"act": "yes", "note": "", "return_to": ""})
    client.post(url(case), {"act": "received"})

    assert client.post(url(case), data).status_code == 422


def test_policy_says_what_goes_back_on_sale(shop, part):
    case = returned(part)
    client = shop.client()
    client.post(url(case), {"act": "yes", "note": "", "return_to": ""})
    client.post(url(case), {"act": "received"})

    def offered() -> int:
        return client.get(url(case)).context["form"][f"put_back_{part.lines[0].id}"].initial

    assert offered() == 2
    Policy.objects.create(name="Hygiene", puts_back=False)
    assert offered() == 0


def test_an_exchange_ends_with_the_replacement_on_its_way(shop, part):
    case = returned(part, remedy="exchange")
    client = shop.client()
    for data in [
        {"act": "yes", "note": "", "return_to": ""},
        {"act": "received"},
        {"act": "accept", **inspected(part)},
        {"act": "replaced", "tracking_number": "1Z 1"},
    ]:
        assert client.post(url(case), data).status_code == 302

    assert fresh(case).replacement_tracking == "1Z 1"


def test_another_seller_finds_nothing(part, other):
    case = returned(part)
    client = other.client()

    assert client.get(url(case)).status_code == 404
    assert client.post(url(case), {"act": "yes"}).status_code == 404
    assert client.get(f"{url(case)}pictures/{case.picture_ids[0]}.jpg").status_code == 404
    assert case.number not in client.get("/admin/selling/requests/").content.decode()


def test_a_seller_cancels_what_it_cannot_deliver(shop, part):
    client = shop.client()
    address = f"/admin/selling/orders/{part.number}/cancel/"
    key = f"units_{part.lines[0].id}"
    assert client.get(address).status_code == 200
    for wrong in [{key: 0, "note": "x"}, {key: 4, "note": "x"}, {key: 1, "note": ""}]:
        assert client.post(address, wrong).status_code == 422

    assert client.post(address, {key: 3, "note": "The kiln broke."}).status_code == 302

    now = orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id]
    assert now.state == "canceled"
    assert broken() == []


def test_staff_decides_in_the_sellers_place_with_a_reason(part):
    case = returned(part)
    operations.answer_return(seller_id=part.seller_id, case_id=case.id, consent=False, note="No.")
    staff = staff_client(ADMINISTRATORS)
    address = f"/admin/office/requests/{case.number}/"
    assert case.number in staff.get("/admin/office/requests/").content.decode()
    assert staff.get(address).status_code == 200
    assert staff.post(address, {"act": "yes", "note": ""}).status_code == 422

    assert staff.post(address, {"act": "yes", "note": "Within 30 days"}).status_code == 302

    assert fresh(case).state == "approved"
    assert fresh(case).events[-1].actor.startswith("user:")


def test_staff_lets_the_marketplace_bear_a_claim(part):
    delivered(part)
    [case_id] = operations.claim(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1}, reason="lost")
    )
    past("UPDATE returns_case SET due_at = now() - interval '1 second'")
    operations.decide_due()
    case = queries.cases(case_ids=[case_id])[case_id]

    staff_client(ADMINISTRATORS).post(
        f"/admin/office/requests/{case.number}/", {"act": "yes", "note": "Lost", "borne": "on"}
    )

    assert fresh(case).state == "refunded"
    given = orders.adjustments_of(seller_order_ids=[part.id])[part.id]
    assert given[0].seller.minor == 0
    assert given[0].borne.minor == 2250


def test_editors_of_the_marketplace_see_no_requests(part):
    case = returned(part)

    answer = staff_client(EDITORS).get(f"/admin/office/requests/{case.number}/")

    assert answer.status_code in (302, 403)


def test_staff_gives_goodwill_once_and_never_more_than_was_paid(part):
    staff = staff_client(ADMINISTRATORS)
    address = f"/admin/office/orders/{part.order_number}/goodwill/"
    page = staff.get(address)
    data = {
        "part": part.id, "amount": "5", "borne_by": "marketplace", "to": "method",
        "reason": "Late", "key": page.context["form"].initial["key"],
    }  # fmt: skip

    for wrong in [{"amount": "999"}, {"amount": "0"}, {"part": "0"}, {"reason": ""}, {"key": "x"},
                  {"to": "store_credit"}]:  # fmt: skip
        assert staff.post(address, data | wrong).status_code == 422
    for _ in range(2):
        assert staff.post(address, data).status_code == 302

    [given] = orders.adjustments_of(seller_order_ids=[part.id])[part.id]
    assert (given.refund.minor, given.seller.minor, given.borne.minor) == (500, 0, 500)
    assert broken() == []


def test_an_owner_gives_more_days_to_send_back(shop):
    address = "/admin/selling/requests/days/"
    client = shop.client()
    assert address in client.get("/admin/selling/requests/").content.decode()

    assert client.post(address, {"days": "60"}).status_code == 302
    assert "You give 60." in client.get(address).content.decode()
    refused = client.post(address, {"days": "10"})
    assert refused.status_code == 422
    assert "Enter 30 to 365 days" in refused.content.decode()
    assert client.post(address, {"days": ""}).status_code == 302
    assert "You may give more." in client.get(address).content.decode()


@pytest.mark.parametrize("days", ["-1", "x", "1e9", "99999999999999999999", "\0"])
def test_days_that_make_no_sense_are_explained(shop, days):
    answer = shop.client().post("/admin/selling/requests/days/", {"days": days})

    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("role", ["editor", "packer"])
def test_only_owners_set_the_days(shop, role):
    client = shop.client(role)
    assert client.get("/admin/selling/requests/days/").status_code == 404
    assert "/requests/days/" not in client.get("/admin/selling/requests/").content.decode()


def test_a_packer_reads_no_amount_beside_a_request(shop, part):
    case = returned(part)

    assert "The shopper paid" not in shop.client("packer").get(url(case)).content.decode()
