"""Promotions of the marketplace: for shops and groups, borne by it."""

import pytest

from commerce.orders import queries as orders
from commerce.pricing.models import CustomerGroup, Promotion
from tests.factories.cart import make_sellable
from tests.factories.orders import Wanted, make_ready_cart
from tests.factories.pricing import make_promotion
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, MODERATORS, staff_client

pytestmark = pytest.mark.django_db

LIST = "/admin/office/promotions/"
SALE = {
    "label": "Spring sale", "kind": "fixed", "amount": "5.00", "least": "20.00", "priority": "3",
}  # fmt: skip


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def test_staff_give_what_the_marketplace_bears(staff):
    shop = open_shop("Acme")
    group = CustomerGroup.objects.create(name="Friends")

    answer = staff.post(
        f"{LIST}new/", {**SALE, "shops": shop.seller.slug, "groups": [group.pk], "stackable": "on"}
    )

    assert answer.status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.seller_id, promotion.amount_minor, promotion.least_minor) == (None, 500, 2000)
    assert (promotion.seller_ids, promotion.group_ids) == ([shop.seller.pk], [group.pk])
    assert (promotion.priority, promotion.stackable) == (3, True)
    assert f"{shop.seller.slug}</textarea>" in staff.get(f"{LIST}{promotion.pk}/").content.decode()


def test_the_example_says_what_the_marketplace_bears(staff):
    make_sellable(minor=3000)

    page = staff.post(f"{LIST}new/", {**SALE, "preview": "1"}).content.decode()

    assert "The marketplace bears $5.00; sellers are paid in full." in page


def test_a_shop_that_does_not_exist_is_named(staff):
    answer = staff.post(f"{LIST}new/", {**SALE, "shops": "nobody"})

    assert answer.status_code == 422
    assert "There is no shop nobody." in answer.content.decode()


def test_a_sellers_promotion_is_seen_and_can_be_ended(staff):
    number = make_promotion(seller_id=open_shop("Acme").seller.pk, label="Own sale")

    assert "Own sale" in staff.get(LIST).content.decode()
    assert staff.get(f"{LIST}{number}/").status_code == 200
    staff.post(f"{LIST}{number}/end/")

    assert not Promotion.objects.get().is_active


def test_whoever_lacks_the_right_gets_nowhere():
    number = make_promotion()
    client = staff_client(MODERATORS)

    for address in (LIST, f"{LIST}new/", f"{LIST}{number}/"):
        assert client.get(address).status_code in (302, 403)
    client.post(f"{LIST}{number}/end/")
    assert Promotion.objects.get().is_active


def test_an_order_tells_staff_what_was_taken_off_and_who_bears_it(staff):
    make_promotion(label="Spring sale", code="")
    placed = make_ready_cart([Wanted(minor=2000)]).place()
    order = orders.order(token=placed.order_token)

    page = staff.get(f"/admin/office/orders/{order.number}/").content.decode()

    assert "−$2.00 Spring sale" in page
    assert "Spring sale, borne by the marketplace: −$2.00" in page
    assert "CA sales tax 8.75% on $18.00" in page
