"""Customs details at a SKU, and the paper at a label."""

import pytest

from commerce.accounts.types import AddressData
from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import CustomsItem
from commerce.fulfillment.types import CustomsItemData
from tests.factories.fulfillment import labeled, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db
BERLIN = AddressData(
    name="Ada Brook", line1="Torstrasse 1", city="Berlin", postal_code="10119", country="DE"
)
TYPED = {
    "do": "customs", "description": "Stoneware mug", "hs_code": "6912.00", "origin_country": "PT",
    "value": "4.50",
}  # fmt: skip
MUG = CustomsItemData(description="Stoneware mug", hs_code="691200", origin_country="PT")


@pytest.fixture
def shop(carriers):
    shop = open_shop("Acme")
    plan_dispatch(shop.seller.pk)
    return shop


def sold(shop):
    return sell(Sold(seller=shop.seller), address=BERLIN).seller_orders[0]


def sku(part):
    return f"/admin/selling/stock/skus/{part.lines[0].variant_id}/"


def test_details_are_kept_at_the_sku_and_shown_again(shop):
    part = sold(shop)

    assert shop.client().post(sku(part), TYPED).status_code == 302

    item = CustomsItem.objects.get()
    assert (item.hs_code, item.origin_country, item.value_minor) == ("691200", "PT", 450)
    page = shop.client().get(sku(part)).content.decode()
    assert 'value="691200"' in page
    assert 'value="4.5' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("hs_code", "69", "6, 8 or 10 digits"),
        ("description", "", "Say what it is"),
        ("origin_country", "", "Choose the country"),
        ("value", "-1", "greater than or equal to 0.01"),
        ("value", "9" * 30, "less than or equal to"),
    ],
)
def test_what_customs_would_not_take_is_told_at_its_field(shop, field, value, words):
    answer = shop.client().post(sku(sold(shop)), {**TYPED, field: value})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CustomsItem.objects.exists()


def test_another_sellers_sku_is_not_found(shop):
    other = open_shop("Other")

    assert other.client().post(sku(sold(shop)), TYPED).status_code == 404
    assert not CustomsItem.objects.exists()


def test_before_a_label_is_bought_the_screen_says_what_is_missing(shop):
    part = sold(shop)
    page = shop.client().get(f"/admin/selling/orders/{part.number}/label/").content.decode()
    assert "Fill in the customs details first of" in page
    assert f"/admin/selling/stock/skus/{part.lines[0].variant_id}/#customs" in page

    answer = shop.client().post(
        f"/admin/selling/orders/{part.number}/label/",
        {"key": "one", "kilograms": "0.8", f"quantity_{part.lines[0].id}": "2"},
    )

    assert answer.status_code == 422
    assert "This parcel crosses a customs border" in answer.content.decode()


def test_the_paper_comes_with_the_label_for_its_seller_alone(shop):
    part = sold(shop)
    operations.set_customs(variant_ids=[part.lines[0].variant_id], item=MUG)
    label_id = labeled(part)
    address = f"/admin/selling/orders/{part.number}/labels/{label_id}/customs/"

    assert address in shop.client().get(f"/admin/selling/orders/{part.number}/").content.decode()
    paper = shop.client().get(address)
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert paper.content == shop.client().get(address).content
    assert open_shop("Other").client().get(address).status_code == 404

    operations.hand_over(seller_id=part.seller_id, label_id=label_id)
    assert address in shop.client().get(f"/admin/selling/orders/{part.number}/").content.decode()


def test_a_label_inside_a_border_has_no_paper(shop):
    part = sell(Sold(seller=shop.seller)).seller_orders[0]
    label_id = labeled(part)

    page = shop.client().get(f"/admin/selling/orders/{part.number}/").content.decode()
    assert "Customs paper" not in page
    address = f"/admin/selling/orders/{part.number}/labels/{label_id}/customs/"
    assert shop.client().get(address).status_code == 404
    assert queries.customs_paper(seller_id=part.seller_id, label_id=label_id) is None
