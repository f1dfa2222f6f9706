"""Staff see labels that no carrier answered about."""

import pytest
from django.db import connection

from commerce.fulfillment import operations, queries
from commerce.gateways.carriers import CarrierUnavailable
from tests.factories.fulfillment import labeled
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db
LIST = "/admin/office/shipping/labels/"


def stuck(carriers, **changes):
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    carriers.fault("500", times=None)
    with pytest.raises((operations.LabelPending, CarrierUnavailable)):
        labeled(part, **changes)
    carriers.mend()
    return part


def let_time_pass(minutes):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_label SET asked_at = asked_at - %s * interval '1 minute',"
            " tried_at = tried_at - %s * interval '1 minute',"
            " bought_at = bought_at - %s * interval '1 minute'",
            [minutes, minutes, minutes],
        )


def shown(client):
    return [row.seller_order.number for row in client.get(LIST).context["object_list"]]


def test_a_label_without_an_answer_is_listed_after_ten_minutes_until_it_ends(carriers):
    part = stuck(carriers)
    staff = staff_client(ADMINISTRATORS)
    assert shown(staff) == []

    let_time_pass(11)

    assert shown(staff) == [part.number]
    page = staff.get(LIST).content.decode()
    assert "being bought, the carrier does not answer" in page
    operations.settle_labels()
    assert shown(staff) == []


def test_one_that_is_being_given_back_is_listed_too(carriers):
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    label_id = labeled(part)
    carriers.fault("500", times=None)
    with pytest.raises(operations.LabelPending):
        operations.void_label(seller_id=part.seller_id, label_id=label_id)

    staff = staff_client(ADMINISTRATORS)
    assert shown(staff) == [part.number]
    assert "being given back" in staff.get(LIST).content.decode()


def test_one_without_a_sheet_is_listed(carriers):
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    carriers.fault("500", path="/labels/*", times=None)
    labeled(part)
    assert queries.stuck_labels() == []

    let_time_pass(11)

    assert "no sheet to print" in staff_client(ADMINISTRATORS).get(LIST).content.decode()


def test_the_list_asks_as_little_for_three_as_for_one(carriers):
    staff = staff_client(ADMINISTRATORS)
    stuck(carriers)
    let_time_pass(11)
    staff.get(LIST)
    with counted() as one:
        staff.get(LIST)
    for key in ("two", "three"):
        stuck(carriers, key=key)
    let_time_pass(11)
    with counted() as three:
        staff.get(LIST)
    assert len(three) == len(one)


def test_it_needs_the_right_to_look_at_shipping():
    assert staff_client(EDITORS).get(LIST).status_code in (302, 403)
