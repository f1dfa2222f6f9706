"""Exports that a worker writes: who may fetch them, what goes wrong, when they are gone."""

import csv
import io

import pytest
from django.core.files.storage import storages
from django.db import DatabaseError
from openpyxl import load_workbook

from cms.backoffice import failures
from cms.selling import exports, order_exports
from cms.selling.models import OrderExport
from commerce.audit import queries as audit
from commerce.notifications.models import Message
from commerce.sellers.operations import remove_member
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db
EXPORT = "/admin/selling/orders/export/"
OWN = "/admin/selling/orders/exports/"


@pytest.fixture(autouse=True)
def nothing_is_short(monkeypatch):
    monkeypatch.setattr(exports, "MOST_LINES", {"csv": 1, "xlsx": 1})


@pytest.fixture
def shop():
    shop = open_shop("Acme")
    sell(Sold(seller=shop.seller, titles=["=HYPERLINK(1)", "b"]))
    return shop


def asked(shop, role="owner", **query):
    answer = shop.client(role).post(EXPORT, query_params=query)
    assert answer.headers["Location"] == OWN
    return OrderExport.objects.latest("pk")


def made(shop, role="owner", **query):
    export = asked(shop, role, **query)
    assert order_exports.make(export_id=export.pk)
    export.refresh_from_db()
    return export


def address(export):
    return f"{OWN}{export.pk}/"


def break_store(monkeypatch):
    def refuse(*_, **__):
        raise OSError("the store is away")

    monkeypatch.setattr(OrderExport._meta.get_field("file").storage, "save", refuse)


def test_looking_at_a_long_table_makes_none_and_offers_it_once(shop):
    answer = shop.client().get(f"{EXPORT}?format=xlsx&state=confirmed")

    page = answer.content.decode()
    assert "2 lines take a while" in page
    assert f'method="post" action="{EXPORT}?format=xlsx&amp;state=confirmed"' in page
    assert not OrderExport.objects.exists()
    assert "orders.exported" not in {entry.action for entry in audit.latest()}


def test_a_long_table_is_not_made_for_a_form_of_another_site(shop):
    client = shop.client()
    client.handler.enforce_csrf_checks = True

    assert client.post(EXPORT).status_code == 403
    assert not OrderExport.objects.exists()


def test_a_short_table_that_was_asked_for_comes_at_once(shop, monkeypatch):
    monkeypatch.setattr(exports, "MOST_LINES", {"csv": 9, "xlsx": 9})

    answer = shop.client().post(f"{EXPORT}?format=csv")

    assert answer.headers["Location"] == f"{EXPORT}?format=csv"
    assert not OrderExport.objects.exists()


def test_a_long_table_is_made_mailed_and_fetched_by_who_asked(shop):
    export = made(shop)

    [mail] = Message.objects.filter(kind="export_ready")
    assert mail.recipient == shop.people["owner"].email
    assert OWN in mail.text
    client = shop.client()
    page = client.get(OWN).content.decode()
    assert address(export) in page
    assert "Your exports" in client.get("/admin/selling/orders/").content.decode()
    answer = client.get(address(export))
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["Title"] for row in rows] == ["'=HYPERLINK(1)", "b"]


def test_a_workbook_is_made_too(shop):
    export = made(shop, format="xlsx")

    book = load_workbook(io.BytesIO(shop.client().get(address(export)).getvalue()))

    titles = [row[14] for row in book.active.iter_rows(min_row=2, values_only=True)]
    assert titles == ["'=HYPERLINK(1)", "b"]


@pytest.mark.parametrize(("role", "is_told"), [("owner", True), ("packer", False)])
def test_a_file_tells_an_owner_alone_what_is_earned(shop, role, is_told):
    export = made(shop, role=role)

    text = shop.client(role).get(address(export)).getvalue().decode("utf-8-sig")

    assert all(("Commission" in row) == is_told for row in csv.DictReader(io.StringIO(text)))


def test_asking_and_fetching_are_written_down(shop):
    export = made(shop, role="packer")
    shop.client("packer").get(address(export))

    entries = {each.action: each for each in audit.latest()}
    assert entries["orders.exported"].details["lines"] == 2
    assert "orders.export-fetched" in entries


def test_neither_a_colleague_nor_another_seller_nor_who_left_may_fetch_it(shop):
    export = made(shop, role="editor")

    assert shop.client("owner").get(address(export)).status_code == 404
    assert address(export) not in shop.client("owner").get(OWN).content.decode()
    assert open_shop("Brook").client().get(address(export)).status_code == 404
    client = shop.client("editor")
    assert client.get(address(export)).status_code == 200
    remove_member(seller_id=shop.seller.pk, user_id=shop.people["editor"].pk)
    assert client.get(address(export)).status_code in (302, 403, 404)


def test_what_is_not_the_sellers_is_not_written_whatever_the_list_says(shop):
    other = sell(Sold(seller=open_shop("Brook").seller, titles=["secret"])).seller_orders[0]
    export = asked(shop)
    OrderExport.objects.update(part_ids=[*export.part_ids, other.id])

    order_exports.make(export_id=export.pk)

    assert b"secret" not in shop.client().get(address(export)).getvalue()


def test_asking_again_while_it_is_made_is_one_export(shop):
    assert asked(shop).pk == asked(shop).pk
    assert asked(shop, format="xlsx").pk != OrderExport.objects.earliest("pk").pk


def test_nobody_waits_for_more_than_three(shop, monkeypatch):
    asked(shop)
    monkeypatch.setattr(order_exports, "MOST_OPEN", 1)

    answer = shop.client().post(f"{EXPORT}?format=xlsx", follow=True)

    assert "are being made already" in answer.content.decode()
    assert OrderExport.objects.count() == 1


def test_a_workbook_that_no_program_opens_is_refused(shop, monkeypatch):
    monkeypatch.setattr(order_exports, "MOST_WORKBOOK_LINES", 1)

    page = shop.client().post(f"{EXPORT}?format=xlsx", follow=True).content.decode()

    assert "too many for one workbook" in page
    assert "Take CSV" in page


def test_a_store_that_is_away_is_tried_again_then_waits_for_a_person(shop, monkeypatch):
    export = asked(shop)
    with monkeypatch.context() as patched:
        break_store(patched)
        for _ in range(order_exports.MAX_ATTEMPTS):
            assert not order_exports.make(export_id=export.pk)
            OrderExport.objects.update(due_at="2000-01-01T00:00Z")

    kind = failures.KINDS["export"]
    [failure] = kind.found()
    assert kind.count() == 1
    assert "the store is away" in failure.reason
    assert "Failed" in shop.client().get(OWN).content.decode()
    assert kind.retry(failure.id)
    assert order_exports.make(export_id=export.pk)
    assert shop.client().get(address(export)).status_code == 200


def test_a_failed_one_is_given_up_with_a_note(shop):
    export = asked(shop)
    OrderExport.objects.update(state="failed")

    assert failures.KINDS["export"].give_up(export.pk, "told them")

    export.refresh_from_db()
    assert (export.state, export.part_ids) == ("expired", [])
    assert failures.KINDS["export"].count() == 0


def test_an_export_is_taken_by_one_worker_and_again_after_its_lease(shop):
    export = asked(shop)
    assert order_exports._claim(export.pk) is not None

    assert not order_exports.make(export_id=export.pk)
    assert order_exports.tend() == 0

    OrderExport.objects.update(due_at="2000-01-01T00:00Z")
    assert order_exports.tend() == 1
    assert shop.client().get(address(export)).status_code == 200


def test_one_that_kills_its_workers_waits_for_a_person(shop):
    export = asked(shop)
    for _ in range(order_exports.MAX_ATTEMPTS):
        assert order_exports._claim(export.pk) is not None
        OrderExport.objects.update(due_at="2000-01-01T00:00Z")

    assert not order_exports.make(export_id=export.pk)

    [failure] = failures.KINDS["export"].found()
    assert "WorkerGone" in failure.reason


def test_a_worker_that_comes_late_leaves_no_file(shop):
    export = asked(shop)
    late = order_exports._claim(export.pk)
    OrderExport.objects.update(due_at="2000-01-01T00:00Z")
    order_exports.make(export_id=export.pk)

    assert not order_exports._finish(late, "exports/late.csv")


def test_after_a_week_the_file_is_gone(shop, django_capture_on_commit_callbacks):
    export = made(shop)
    name = export.file.name
    assert storages["private"].exists(name)
    OrderExport.objects.update(expires_at="2000-01-01T00:00Z")

    with django_capture_on_commit_callbacks(execute=True):
        order_exports.tend()

    assert not storages["private"].exists(name)
    assert shop.client().get(address(export)).status_code == 404
    export.refresh_from_db()
    assert (export.state, export.part_ids) == ("expired", [])


def test_parts_are_read_in_batches(shop, monkeypatch, django_assert_max_num_queries):
    for _ in range(4):
        sell(Sold(seller=shop.seller))
    export = asked(shop)
    seen = []
    original = exports.orders.seller_orders_by_id
    monkeypatch.setattr(exports, "BATCH", 2)
    monkeypatch.setattr(
        exports.orders,
        "seller_orders_by_id",
        lambda *, seller_order_ids: (
            seen.append(len(seller_order_ids)) or original(seller_order_ids=seller_order_ids)
        ),
    )

    order_exports.make(export_id=export.pk)

    assert seen == [2, 2, 1]


@pytest.mark.parametrize(
    "change", ["state = 'ready'", "file = 'exports/x.csv'", "state = 'failed', file = 'x'"]
)
def test_the_database_keeps_file_and_state_together(shop, change):
    asked(shop)

    with pytest.raises(DatabaseError, match="has_its_file_while"):
        run_sql(f"UPDATE selling_orderexport SET {change}")  # noqa: S608
