"""Papers of an order: for whoever holds its link, and for nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.documents import operations
from commerce.documents.models import Document
from commerce.orders.types import OrderData
from tests.factories.accounts import make_user
from tests.factories.documents import billed, cancel
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> OrderData:
    """An order of two sellers with receipt, invoices and one credit note."""
    order = sell(Sold(seller=make_seller()), Sold(seller=make_seller()))
    operations.issue_receipt(order_id=order.id)
    first, second = order.seller_orders
    for part in (first, second):
        billed(part)
    operations.issue_credit_note(adjustment_id=cancel(first, {first.lines[0].id: 1}))
    return order


def numbers() -> list[str]:
    return list(Document.objects.order_by("pk").values_list("number", flat=True))


def test_the_order_page_links_every_paper(client: Client, order: OrderData) -> None:
    page = client.get(reverse("order-tracking", args=[order.token])).content.decode()

    assert reverse("order-receipt", args=[order.token]) in page
    for number in numbers():
        assert reverse("order-document", args=[order.token, number]) in page


def test_each_paper_is_a_pdf_with_a_name_that_no_cache_keeps(
    client: Client, order: OrderData
) -> None:
    for number in numbers():
        answer = client.get(reverse("order-document", args=[order.token, number]))

        assert answer.content.startswith(b"%PDF-1.7")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"


def test_another_orders_paper_does_not_exist(client: Client, order: OrderData) -> None:
    other = sell(Sold(seller=make_seller()))
    number = billed(other.seller_orders[0]).number

    assert client.get(reverse("order-document", args=[order.token, number])).status_code == 404
    assert client.get(reverse("order-document", args=[other.token, number])).status_code == 200


@pytest.mark.parametrize("token", ["x", "ORD-20261120-0001", "%F0%9F%98%80", "a" * 900])
def test_without_the_link_there_is_nothing(client: Client, order: OrderData, token: str) -> None:
    for number in numbers()[:1]:
        assert client.get(reverse("order-document", args=[token, number])).status_code == 404
    assert client.get(reverse("order-receipt", args=[token])).status_code == 404


def test_being_signed_in_opens_nobody_elses_papers(client: Client, order: OrderData) -> None:
    client.force_login(make_user(email="eve@example.com"))
    number = numbers()[0]

    assert client.get(reverse("account-order", args=[order.number])).status_code == 404
    assert client.get(f"/account/orders/{order.number}/papers/{number}.pdf").status_code == 404


def test_the_receipt_is_a_page_to_print(client: Client, order: OrderData) -> None:
    page = client.get(reverse("order-receipt", args=[order.token])).content.decode()

    assert "Receipt" in page
    assert "Ada" in page
    for part in order.seller_orders:
        assert part.number in page
    assert f"{order.total.decimal} USD" in page


def test_a_receipt_that_is_not_written_yet_asks_for_a_minute(client: Client) -> None:
    order = sell(Sold(seller=make_seller()))
    page = client.get(reverse("order-receipt", args=[order.token])).content.decode()
    assert "Open this page again in a minute" in page


def test_papers_can_only_be_read(client: Client, order: OrderData) -> None:
    address = reverse("order-document", args=[order.token, numbers()[0]])
    assert client.post(address).status_code == 405
    assert client.delete(reverse("order-receipt", args=[order.token])).status_code == 405
