"""Staff find, narrow and take with them every order; each time it is written down."""

import csv
import io

import pytest
from django.db import connection
from openpyxl import load_workbook

from cms.selling import exports, order_exports
from cms.selling.models import OrderExport
from cms.selling.states import SUMMARIES
from commerce.audit import queries as audit
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import operations as inventory
from commerce.payments.models import Payment
from commerce.returns import operations as returns
from tests.factories.fulfillment import delivered, make_carrier, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client
from tests.support.constraints import check_deferred_constraints
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

LIST, EXPORT = "/admin/office/orders/", "/admin/office/orders/export/"


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def shown(staff, query: str) -> set[str]:
    rows = staff.get(f"{LIST}results/?{query}").context["object_list"]
    return {row.number for row in rows}


def exported(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_orders_are_found_by_number_email_name_and_what_was_in_them(staff):
    order = sell(Sold(seller=make_seller(), titles=["Oak table"]), email="ada@oak.example")
    sell(Sold(seller=make_seller()), email="eve@elsewhere.example")

    for text in (order.number, order.seller_orders[0].number, "ada@oak", "oak tab"):
        assert shown(staff, f"q={text}") == {order.number}, text


def test_orders_are_narrowed_by_seller_state_payment_and_day(staff):
    seller = make_seller()
    sent = sell(Sold(seller=seller), Sold(seller=make_seller()))
    other = sell(Sold(seller=make_seller()))
    shipped(sent.seller_orders[0])
    check_deferred_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.filter(order_token=other.token).update(state="review")
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert shown(staff, f"seller={seller.pk}") == {sent.number}
    assert shown(staff, "part=shipped") == {sent.number}
    assert shown(staff, "payment=review") == {other.number}
    assert shown(staff, "payment=captured") == {sent.number}
    assert shown(staff, "state=confirmed") == {sent.number, other.number}
    assert shown(staff, "placed_from=2001-01-01&placed_to=2001-01-02") == set()
    assert shown(staff, "seller=999&part=nonsense") is not None


def test_the_list_says_where_the_parts_of_an_order_stand_together(staff):
    def stands(order):
        rows = staff.get(f"{LIST}results/?q={order.number}").context["object_list"]
        assert [row.number for row in rows] == [order.number]
        page = staff.get(f"{LIST}results/?q={order.number}").content.decode()
        return [words for words in SUMMARIES.values() if f">{words}</span>" in page]

    order = sell(Sold(seller=make_seller()), Sold(seller=make_seller()))
    assert stands(order) == ["To ship"]
    delivered(order.seller_orders[0])
    assert stands(order) == ["Partly shipped"]
    delivered(order.seller_orders[1])
    assert stands(order) == ["Delivered"]


def test_parts_are_narrowed_by_what_is_left_to_do(staff):
    part = sell(Sold(seller=make_seller(), quantity=2)).seller_orders[0]
    packed = sell(Sold(seller=make_seller())).seller_orders[0]
    fulfillment.start_packing(seller_id=packed.seller_id, seller_order_id=packed.id)
    fulfillment.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code=make_carrier(),
        tracking_number="9400",
        quantities={part.lines[0].id: 1},
    )

    assert shown(staff, "part=partly-shipped") == {part.order_number}
    assert shown(staff, "part=processing") == {packed.order_number}


def test_staff_read_what_a_seller_keeps_and_what_was_refunded(staff):
    order = sell(Sold(seller=make_seller(), quantity=2))
    (part,) = order.seller_orders
    inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
    returns.cancel_for_seller(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        units={part.lines[0].id: 1},
        note="One broke.",
    )

    page = staff.get(f"{LIST}{order.number}/").content.decode()

    # 2 at $25.00 less 10 %, plus $7.00 shipping; one of them is given back.
    assert "The seller earns $29.50 of $52.00 at the sale" in page
    assert "Refund of $27.19" in page
    assert "$27.19 given back" in page
    assert "1 canceled" in page


def test_an_order_of_many_sellers_stands_in_the_list_once(staff):
    order = sell(*(Sold(seller=make_seller(), titles=["Oak a", "Oak b"]) for _ in range(3)))

    rows = staff.get(f"{LIST}results/?q=oak&part=confirmed").context["object_list"]

    assert [(row.number, row.parts) for row in rows] == [(order.number, 3)]


@pytest.mark.parametrize("query", ["", "q=stoneware&part=confirmed&payment=captured"])
def test_the_list_asks_as_little_for_many_as_for_one(staff, query):
    sell(Sold(seller=make_seller()))
    staff.get(f"{LIST}?{query}")
    with counted() as one:
        staff.get(f"{LIST}?{query}")
    for _ in range(4):
        sell(Sold(seller=make_seller()), Sold(seller=make_seller()))
    with counted() as many:
        staff.get(f"{LIST}?{query}")

    assert len(many) == len(one)


def test_the_export_holds_what_the_list_was_narrowed_to(staff):
    order = sell(Sold(seller=make_seller(), titles=["=cmd"]), email="ada@oak.example")
    sell(Sold(seller=make_seller()), email="eve@elsewhere.example")

    (row,) = exported(staff.get(f"{EXPORT}?q=ada@oak"))

    assert row["Order"] == order.seller_orders[0].number
    assert row["Email"] == "ada@oak.example"
    assert row["Title"] == "'=cmd"
    assert row["Seller"].startswith("Shop")


def test_the_workbook_says_the_same(staff):
    order = sell(Sold(seller=make_seller(), titles=["=cmd"]))

    sheet = load_workbook(io.BytesIO(staff.get(f"{EXPORT}?format=xlsx").getvalue())).active

    head = [cell.value for cell in sheet[1]]
    assert sheet["A2"].value == order.seller_orders[0].number
    assert sheet.cell(2, head.index("Title") + 1).value == "'=cmd"
    assert sheet.cell(2, head.index("Line total") + 1).value == 50


def test_an_export_is_written_down_without_what_was_typed(staff):
    sell(Sold(seller=make_seller()))

    staff.get(f"{EXPORT}?q=ada@example.com&format=xlsx")

    (entry,) = audit.latest()
    assert entry.action == "orders.exported"
    assert entry.details == {"format": "xlsx", "lines": 1, "narrowed by": ["q"]}


def test_too_much_is_made_by_a_worker_for_who_asked_alone(staff, monkeypatch):
    monkeypatch.setattr(exports, "MOST_LINES", {"csv": 1, "xlsx": 1})
    shop = make_seller()
    sell(Sold(seller=shop, titles=["a", "b"]))

    offered = staff.get(EXPORT).content.decode()
    assert "2 lines take a while" in offered
    assert not OrderExport.objects.exists()
    answer = staff.post(EXPORT, follow=True)

    assert answer.redirect_chain == [("/admin/office/orders/exports/", 302)]
    assert "Being made" in answer.content.decode()
    export = OrderExport.objects.get()
    assert order_exports.make(export_id=export.pk)
    file = f"/admin/office/orders/exports/{export.pk}/"
    rows = exported(staff.get(file))
    assert [row["Seller"] for row in rows] == [shop.name] * 2
    assert "Your exports" in staff.get(LIST).content.decode()
    assert staff_client(ADMINISTRATORS).get(file).status_code == 404
    assert staff_client("Moderators").get(file).status_code == 302


def test_the_export_reads_in_batches(staff, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    for _ in range(5):
        sell(Sold(seller=make_seller()))

    assert len(exported(staff.get(EXPORT))) == 5


def test_only_those_with_the_right_export():
    sell(Sold(seller=make_seller()))
    assert staff_client(EDITORS).get(EXPORT).status_code in (302, 403)
    assert audit.latest() == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("gift-cards/", "No gift card was sold yet."),
        ("payments/", "No payment needs a person."),
        ("reconciling/", "No difference was found."),
        ("shipping/labels/", "No label is stuck."),
        ("disputes/", "No payment was disputed."),
    ],
)
def test_an_empty_list_of_staff_says_so_in_a_sentence(staff, address, words):
    assert words in staff.get(f"/admin/office/{address}").content.decode()
