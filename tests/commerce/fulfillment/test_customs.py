"""Parcels across a customs border: declared in full, or not bought a label for."""

from dataclasses import replace

import pytest
from django.db import Error, transaction

from commerce.accounts.types import AddressData
from commerce.catalog.models import Variant
from commerce.fulfillment import operations, queries
from commerce.fulfillment.customs import crosses_border, declaration
from commerce.fulfillment.models import CustomsItem, Label
from commerce.fulfillment.types import CustomsItemData
from commerce.kernel.money import Money
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.fulfillment import labeled, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db

BERLIN = AddressData(
    name="Ada Brook", line1="Torstrasse 1", city="Berlin", postal_code="10119", country="DE"
)
MUG = CustomsItemData(description="Stoneware mug", hs_code="6912.00", origin_country="PT")


def sold_abroad(**changes):
    """Two mugs for 50.00 to Berlin, of 400 g each, from San Francisco."""
    part = sell(Sold(seller=make_seller(), **changes), address=BERLIN).seller_orders[0]
    plan_dispatch(part.seller_id)
    return part


def set_weight(variant_id, grams):
    Variant.objects.filter(pk=variant_id).update(weight_grams=grams)


def describe(part, item=MUG):
    operations.set_customs(variant_ids=[line.variant_id for line in part.lines], item=item)


def sent(carriers):
    (shipment,) = carriers.shipments.values()
    return shipment["customs_info"]


def test_a_label_abroad_declares_what_is_inside(carriers):
    part = sold_abroad()
    describe(part)

    label_id = labeled(part)

    (line,) = part.lines
    assert sent(carriers) == {
        "contents_type": "merchandise",
        "restriction_type": "none",
        "non_delivery_option": "return",
        "customs_certify": True,
        "customs_signer": "Ada Brook",
        "eel_pfc": "NOEEI 30.37(a)",
        "customs_items": [
            {
                "description": "Stoneware mug",
                "hs_tariff_number": "691200",
                "origin_country": "PT",
                "code": line.sku[:20],
                "quantity": 2,
                "value": (line.total - line.discount).minor / 100,
                "currency": "USD",
                "weight": 28.2,
            }
        ],
    }
    paper = queries.customs_paper(seller_id=part.seller_id, label_id=label_id)
    assert paper.customs["items"][0]["hs_code"] == "691200"
    assert (paper.number, paper.destination["country"]) == (part.number, "DE")


def test_without_the_details_nothing_is_asked_or_bought_and_the_items_are_named(carriers):
    part = sold_abroad(titles=["Blue mug"])

    with pytest.raises(operations.CustomsMissing, match="customs details first of: Blue mug"):
        labeled(part)
    with pytest.raises(operations.CustomsMissing):
        operations.label_offers(seller_id=part.seller_id, seller_order_id=part.id, weight_grams=800)

    assert carriers.asked == []
    assert not Label.objects.exists()


def test_a_weight_is_wanted_too(carriers):
    part = sold_abroad()
    describe(part)
    set_weight(part.lines[0].variant_id, 0)

    with pytest.raises(operations.CustomsMissing):
        labeled(part)


def test_inside_a_customs_border_nothing_is_declared(carriers):
    part = sell(Sold(seller=make_seller())).seller_orders[0]

    label_id = labeled(part)

    (shipment,) = carriers.shipments.values()
    assert "customs_info" not in shipment
    assert queries.customs_paper(seller_id=part.seller_id, label_id=label_id) is None


def test_a_parcel_declares_its_share_and_a_value_that_was_set_comes_first(carriers):
    part = sold_abroad()
    (line,) = part.lines
    describe(part)
    labeled(part, key="one", quantities={line.id: 1})
    paid = (line.total - line.discount).minor

    describe(part, CustomsItemData(**{**vars(MUG), "value_minor": 333}))
    labeled(part, key="two", quantities={line.id: 1})

    items = [label.customs["items"][0] for label in Label.objects.order_by("pk")]
    assert [item["value_minor"] for item in items] == [paid // 2, 333]
    assert [item["weight_grams"] for item in items] == [400, 400]


def test_what_a_label_declares_stays_whatever_the_seller_changes(carriers):
    part = sold_abroad()
    describe(part)
    label_id = labeled(part)
    describe(part, CustomsItemData(**{**vars(MUG), "description": "Vase"}))

    paper = queries.customs_paper(seller_id=part.seller_id, label_id=label_id)
    assert paper.customs["items"][0]["description"] == "Stoneware mug"
    with pytest.raises(Error, match="stays as it is"), transaction.atomic():
        Label.objects.update(customs={})


def test_goods_that_need_an_export_filing_are_refused_with_what_to_do(carriers):
    part = sold_abroad(unit_minor=130_000)
    describe(part)

    with pytest.raises(operations.CustomsMissing, match="export filing"):
        labeled(part, most=Money(50_000, "USD"))


@pytest.mark.parametrize(
    ("origin", "destination", "crosses"),
    [
        ({"country": "US"}, {"country": "DE"}, True),
        ({"country": "DE"}, {"country": "FR"}, False),
        ({"country": "FR"}, {"country": "MC"}, False),
        ({"country": "DE"}, {"country": "GB"}, True),
        ({"country": "US"}, {"country": "US", "region": "AE"}, True),
        ({"country": "US"}, {"country": "PR"}, False),
        ({"country": "US"}, {"country": "GU"}, True),
        ({"country": "CH"}, {"country": "CH"}, False),
    ],
)
def test_which_ways_pass_through_customs(origin, destination, crosses):
    assert crosses_border(origin=origin, destination=destination) is crosses


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hs_code", "69"), ("hs_code", "69.12.00.1"), ("hs_code", "٦٩١٢٠٠"), ("hs_code", ""),
        ("description", "  "), ("description", "12"), ("description", "x" * 61),
        ("origin_country", "QQ"), ("origin_country", ""), ("value_minor", 0),
        ("value_minor", 10**15),
    ],
)  # fmt: skip
def test_what_cannot_be_told_to_customs_is_refused_at_its_field(field, value):
    variant_id = sell(Sold(seller=make_seller())).seller_orders[0].lines[0].variant_id

    with pytest.raises(operations.InvalidCustoms) as refused:
        operations.set_customs(
            variant_ids=[variant_id], item=CustomsItemData(**{**vars(MUG), field: value})
        )

    assert refused.value.field == field
    assert not CustomsItem.objects.exists()


def test_the_database_refuses_a_tariff_number_of_another_shape():
    variant_id = sell(Sold(seller=make_seller())).seller_orders[0].lines[0].variant_id

    with pytest.raises(Error, match="customs_are_told_something"), transaction.atomic():
        CustomsItem.objects.create(
            variant_id=variant_id, description="Mug", hs_code="12345", origin_country="PT"
        )


def test_what_the_seller_says_it_is_worth_is_in_the_base_currency_alone():
    """An order in another currency declares what was paid: nothing is converted."""
    declared = {}
    for currency in ("USD", "EUR"):
        order = sell(Sold(seller=make_seller()), address=BERLIN, currency=currency)
        [part] = order.seller_orders
        describe(part, replace(MUG, value_minor=100))
        told = declaration(
            part=part,
            packed={part.lines[0].id: 1},
            origin=SAN_FRANCISCO.as_dict(),
            destination=BERLIN.as_dict(),
        )
        declared[told["currency"]] = told["items"][0]["value_minor"]

    assert declared == {"USD": 100, "EUR": 2500}
