"""Sellers hear once when stock runs low, and when an address of theirs is called no more."""

from datetime import timedelta

import pytest

from commerce.catalog import queries as catalog
from commerce.hooks import operations as hooks
from commerce.hooks.models import Endpoint
from commerce.inventory import operations as inventory
from commerce.inventory import queries as inventory_queries
from commerce.kernel import clock
from commerce.notifications.models import Message
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.sellers.models import Seller
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant_id() -> int:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 3)
    seller_id = catalog.variants(variant_ids=[variant_id])[variant_id].seller_id
    seller = Seller.objects.get(pk=seller_id)
    make_member(seller, email="kim@brook.example", first_name="Kim")
    make_member(seller, email="packer@brook.example", first_name="Pat", role="packer")
    return variant_id


def work_off() -> None:
    pending = Delivery.objects.filter(
        subscriber__startswith="commerce.notifications", delivered_at=None
    )
    for delivery in pending.order_by("pk"):
        deliver(delivery_id=delivery.pk)


def mails(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("pk"))


def test_low_stock_is_mailed_once_to_those_who_can_refill(variant_id: int) -> None:
    inventory.find_low()
    inventory.find_low()
    work_off()

    (mail,) = mails("low_stock")
    assert mail.recipient == "kim@brook.example"
    assert mail.subject == "1 SKU runs low"
    assert "SKU MUG: 3 left" in mail.text
    assert "3 left" in mail.html


def test_a_location_that_runs_low_is_named_in_the_mail(variant_id: int) -> None:
    stock_up(variant_id, 90)
    store = stock_up(variant_id, 4, place="Store")
    inventory.set_low_here(variant_id=variant_id, thresholds={store: 4})
    inventory.find_low()
    work_off()

    (mail,) = mails("low_stock")
    assert mail.recipient == "kim@brook.example"
    assert "SKU MUG: 4 left in Store" in mail.text
    assert "Store" in mail.html


def test_the_next_fall_is_mailed_anew(variant_id: int) -> None:
    location_id = stock_up(variant_id, 3)
    inventory.find_low()
    inventory.adjust(variant_id=variant_id, location_id=location_id, delta=20, cause="delivery")
    inventory.find_low()
    inventory.adjust(variant_id=variant_id, location_id=location_id, delta=-20, cause="breakage")
    inventory.find_low()
    work_off()

    assert len(mails("low_stock")) == 2


def test_the_owner_hears_when_an_address_is_called_no_more(variant_id: int) -> None:
    seller_id = catalog.variants(variant_ids=[variant_id])[variant_id].seller_id
    hooks.add_endpoint(seller_id=seller_id, url="http://127.0.0.1:9/none")
    hooks.announce_stock(variant_ids=[variant_id])
    Endpoint.objects.update(failing_since=clock.now() - timedelta(days=4))

    [endpoint_id] = hooks.waiting_endpoints()
    hooks.send_to(endpoint_id=endpoint_id)
    work_off()

    (mail,) = mails("endpoint_disabled")
    assert mail.recipient == "kim@brook.example"
    assert "http://127.0.0.1:9/none" in mail.text


def test_owners_and_editors_hear_when_counts_find_too_little_where_it_should_lie(
    variant_id: int,
) -> None:
    [level] = inventory_queries.levels(variant_ids=[variant_id])[variant_id]
    seller_id = catalog.variants(variant_ids=[variant_id])[variant_id].seller_id
    sheet_id = inventory.start_count(seller_id=seller_id, location_id=level.location_id)
    [row] = inventory_queries.count_rows(sheet_id=sheet_id)
    inventory.enter_counts(seller_id=seller_id, sheet_id=sheet_id, counted={row.stock_id: 2})
    inventory.apply_count(seller_id=seller_id, sheet_id=sheet_id)
    work_off()

    (mail,) = mails("stock_inaccurate")
    assert mail.recipient == "kim@brook.example"
    assert "66.66 %" in mail.subject
    assert "1 too many or too few of 3" in mail.text
