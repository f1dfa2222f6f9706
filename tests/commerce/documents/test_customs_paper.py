"""The paper for customs says what the label declared."""

from datetime import date

from commerce.documents.customs_paper import sheet
from commerce.fulfillment.types import CustomsPaper


def test_the_paper_says_contents_value_and_weights():
    address = {"name": "Ada Brook", "line1": "1 Main St", "city": "Reno", "country": "US"}
    item = {
        "description": "Stoneware mug", "hs_code": "691200", "origin_country": "PT", "sku": "M-1",
        "quantity": 2, "value_minor": 250000, "weight_grams": 800,
    }  # fmt: skip
    printed = sheet(
        CustomsPaper(
            label_id=1, number="ORD-1-1", asked_on=date(2026, 11, 20), tracking_number="9405",
            carrier="usps", service="Priority", weight_grams=1050, origin=address,
            destination={**address, "country": "DE", "vat_id": "DE136695976"},
            customs={"currency": "USD", "signer": "Ada Brook", "items": [item, item]},
        )
    )  # fmt: skip

    assert printed["groups"][0]["rows"][0] == {
        "item": ["Stoneware mug", "SKU M-1"], "code": "691200", "origin": "Portugal (PT)",
        "quantity": "2", "weight": "0.800", "value": "2,500.00",
    }  # fmt: skip
    assert [row["amount"] for row in printed["sums"]] == ["1.600 kg", "1.050 kg", "5,000.00 USD"]
    assert ["Category", "Sale of goods"] in printed["facts"]
    assert "VAT ID DE136695976" in printed["addresses"][1]["lines"]
