"""Staff see what is personal and act, and each time it is written down."""

import pytest

from commerce.audit import queries
from commerce.audit.models import Entry
from commerce.returns import operations as returns
from commerce.returns import queries as cases
from commerce.returns.types import Wish
from tests.factories.documents import billed
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def entries() -> list[tuple[str, str]]:
    return [(entry.action, entry.subject) for entry in queries.latest()]


def test_looking_at_an_order_is_written_down(staff):
    order = sell(Sold(seller=make_seller()))

    staff.get(f"/admin/office/orders/{order.number}/")

    (entry,) = queries.entries_about(subject=order.number)
    assert entry.action == "order.viewed"
    assert entry.actor.startswith("user:")


def test_looking_through_orders_and_taking_a_paper_are_written_down(staff):
    number = billed(sell(Sold(seller=make_seller())).seller_orders[0]).number

    staff.get("/admin/office/orders/?q=ada@example.com")
    answer = staff.get(f"/admin/office/documents/{number}.pdf")

    assert answer.content.startswith(b"%PDF")
    assert entries() == [("document.downloaded", number), ("orders.listed", "")]


def test_looking_at_requests_and_prepared_orders_is_written_down(staff):
    part = delivered_part()
    [case_id] = returns.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1}, reason="damaged")
    )
    number = cases.cases(case_ids=[case_id])[case_id].number

    assert staff.get(f"/admin/office/requests/{number}/").status_code == 200
    assert staff.get("/admin/office/drafts/").status_code == 200

    assert entries() == [("drafts.listed", ""), ("request.viewed", number)]


def delivered_part():
    order = sell(Sold(seller=make_seller()))
    delivered(order.seller_orders[0])
    return order.seller_orders[0]


def test_the_log_never_holds_what_was_searched_for(staff):
    staff.get("/admin/office/orders/?q=ada@example.com")
    assert "ada" not in str(Entry.objects.values_list("details", "subject", "action"))


def test_what_staff_did_is_written_down_and_what_was_refused_is_not(staff):
    seller = make_seller()
    staff.post(f"/admin/office/sellers/{seller.pk}/", {"action": "suspend", "reason": ""})
    refused = entries()
    staff.post(f"/admin/office/sellers/{seller.pk}/", {"action": "suspend", "reason": "Fraud"})

    assert ("staff.seller", str(seller.pk)) not in refused
    assert entries()[0] == ("staff.seller", str(seller.pk))


def test_whoever_may_not_look_leaves_no_trace_of_having_looked():
    order = sell(Sold(seller=make_seller()))

    answer = staff_client(EDITORS).get(f"/admin/office/orders/{order.number}/")

    assert answer.status_code in (302, 403)
    assert entries() == []


def test_the_log_is_a_screen_that_is_itself_on_record(staff):
    order = sell(Sold(seller=make_seller()))
    staff.get(f"/admin/office/orders/{order.number}/")

    page = staff.get("/admin/office/audit/").content.decode()

    assert "order.viewed" in page
    assert order.number in page
    assert "@example.com" in page  # who it was, as the accounts tell it
    assert entries()[0] == ("audit.viewed", "")


def test_the_log_is_narrowed_by_what_and_searched_by_thing(staff):
    first, second = (sell(Sold(seller=make_seller())) for _ in range(2))
    for order in (first, second):
        staff.get(f"/admin/office/orders/{order.number}/")

    def shown(query: str) -> set[str]:
        rows = staff.get(f"/admin/office/audit/results/?{query}").context["object_list"]
        return {row.subject for row in rows}

    assert shown("action=order.viewed") == {first.number, second.number}
    assert shown(f"q={first.number}") == {first.number}


def test_the_log_is_for_those_with_the_right():
    assert staff_client(EDITORS).get("/admin/office/audit/").status_code in (302, 403)


def test_the_log_asks_as_little_for_many_as_for_few(staff):
    for number in range(3):
        Entry.objects.create(actor=f"user:{number}", action="x", subject=str(number))
    staff.get("/admin/office/audit/")
    with counted() as few:
        staff.get("/admin/office/audit/")
    for number in range(30):
        Entry.objects.create(actor=f"user:{number}", action="x", subject=str(number))
    with counted() as many:
        staff.get("/admin/office/audit/")

    assert len(many) == len(few)
