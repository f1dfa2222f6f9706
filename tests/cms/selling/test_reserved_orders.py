"""Orders that are not charged yet: their sellers say what can be sent, and send nothing before."""

from typing import Any

import pytest

from devtools.stripe_double import StripeDouble
from tests.factories.reserved import Reserved
from tests.factories.selling import Shop, open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_shipping(settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


@pytest.fixture
def shop() -> Shop:
    return open_shop("Acme")


@pytest.fixture
def sale(double: StripeDouble, shop: Shop) -> Reserved:
    return Reserved(double, sellers=2, first_seller=shop.seller.pk)


def address(sale: Reserved, number: int = 0, *, to: str = "") -> str:
    return f"/admin/selling/orders/{sale.order.seller_orders[number].number}/{to}"


def test_a_seller_says_that_it_can_be_sent(shop: Shop, sale: Reserved) -> None:
    client = shop.client("packer")
    page = client.get(address(sale)).content.decode()
    assert "Not charged yet" in page
    assert "Mark as shipped" not in page
    assert "Packing slip" not in page

    client.post(address(sale, to="promise/"))

    assert sale.order.seller_orders[0].state == "processing"
    page = client.get(address(sale)).content.decode()
    assert "You said that you can send this." in page
    sale.cancel(1)
    sale.settle()
    page = client.get(address(sale)).content.decode()
    assert "Mark as shipped" in page
    assert "Packing slip" in page


def test_sending_it_before_is_refused_with_the_reason(shop: Shop, sale: Reserved) -> None:
    answer = shop.client().post(
        address(sale), {"carrier_code": "usps", "tracking_number": "9400", "line": "1"}
    )

    assert answer.status_code == 422
    assert sale.order.seller_orders[0].state == "confirmed"


def test_the_part_of_another_seller_does_not_exist(shop: Shop, sale: Reserved) -> None:
    answer = shop.client().post(address(sale, 1, to="promise/"))

    assert answer.status_code == 404
    assert sale.order.seller_orders[1].state == "confirmed"


def test_staff_see_what_is_reserved_and_what_was_taken(sale: Reserved) -> None:
    staff = staff_client(ADMINISTRATORS)
    page = f"/admin/office/orders/{sale.order.number}/"
    assert f"{sale.order.total.minor / 100:.2f} is reserved" in staff.get(page).content.decode()
    sale.cancel(1)
    sale.promise(0)
    sale.settle()

    text = staff.get(page).content.decode()

    assert "is reserved" not in text
    assert f"{sale.order.seller_orders[0].total.minor / 100:.2f}</td>" in text


def test_what_is_not_charged_says_so_in_the_list_and_is_found_by_it(
    shop: Shop, sale: Reserved
) -> None:
    client = shop.client()
    for _ in range(2):
        page = client.get("/admin/selling/orders/", {"state": "reserved"}).content.decode()
        assert sale.order.seller_orders[0].number in page
        assert page.count("Not charged yet") > 1
        client.post(address(sale, to="promise/"))

    packed = client.get("/admin/selling/orders/", {"state": "processing"}).content.decode()
    assert sale.order.seller_orders[0].number not in packed


def test_canceling_what_is_not_charged_speaks_of_no_refund(shop: Shop, sale: Reserved) -> None:
    page = shop.client().get(address(sale, to="cancel/")).content.decode()

    assert "Cancel, nothing is charged" in page
    assert "refund" not in page.split("<main")[1].lower()
