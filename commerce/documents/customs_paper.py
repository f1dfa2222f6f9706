"""The paper that travels with a parcel across a customs border: invoice and declaration in one.

It says what a CN 23 and a commercial invoice say, from what the label froze. Set anew each
time; the same label gives the same bytes.
"""

from collections.abc import Mapping
from typing import Any

from commerce.accounts.queries import address_lines, country_name
from commerce.accounts.types import AddressData
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import CustomsPaper
from commerce.kernel.money import Money, exponent

from . import rendering
from .presenting import day

_COLUMNS = [
    ("item", "Contents"), ("code", "Tariff no."), ("origin", "Made in"), ("quantity", "Qty"),
    ("weight", "Net kg"), ("value", "Value"),
]  # fmt: skip


def customs_pdf(*, seller_id: int, label_id: int) -> bytes | None:
    """Return a seller's own label's customs paper; None when it crosses no border.

    Setting takes time: callers hold no locks. Raises NotRendered.
    """
    paper = fulfillment.customs_paper(seller_id=seller_id, label_id=label_id)
    if paper is None:
        return None
    return rendering.set_sheet(
        sheet=sheet(paper), name=f"customs paper {paper.label_id}", on=paper.asked_on
    )


def sheet(paper: CustomsPaper) -> dict[str, Any]:
    """Return what is printed of a declaration, in the order in which it is printed."""
    customs, currency = paper.customs, str(paper.customs["currency"])
    items = customs["items"]
    value = sum(item["value_minor"] for item in items)
    grams = sum(item["weight_grams"] for item in items)
    comes_back = customs.get("contents") == "returned_goods"
    sender = AddressData.from_dict(paper.origin)
    return {
        "title": "Customs invoice",
        "number": paper.tracking_number,
        "description": f"Commercial invoice and customs declaration for order {paper.number}",
        "date": [paper.asked_on.year, paper.asked_on.month, paper.asked_on.day],
        "issuer": sender.company or sender.name,
        "issuer_lines": ["Commercial invoice and customs declaration (CN 23)"],
        "addresses": [
            {"label": "From, exporter", "lines": _lines(paper.origin)},
            {"label": "To, importer", "lines": _lines(paper.destination)},
        ],
        "facts": [
            ["Date", day(paper.asked_on)],
            ["Order", paper.number],
            ["Carrier", f"{paper.carrier.upper()} {paper.service}"],
            ["Category", "Returned goods" if comes_back else "Sale of goods"],
            ["Terms", "No sale: goods go back" if comes_back else "DAP, duties unpaid"],
            ["If undeliverable", "Return to sender"],
        ],
        "columns": [
            {
                "key": key,
                "label": label,
                "wide": key == "item",
                "number": key in ("quantity", "weight", "value"),
            }
            for key, label in _COLUMNS
        ],
        "groups": [{"heading": "", "below": "", "rows": [_row(each, currency) for each in items]}],
        "taxes_title": "",
        "taxes": [],
        "sums": [
            {"label": "Net weight", "amount": f"{_kilograms(grams)} kg", "strong": False},
            {
                "label": "Gross weight",
                "amount": f"{_kilograms(paper.weight_grams)} kg",
                "strong": False,
            },
            {
                "label": "Total value",
                "amount": f"{_value(value, currency)} {currency}",
                "strong": True,
            },
        ],
        "notes": [
            "The sender declares that everything above is true and complete, and that nothing is "
            "inside that is dangerous or that law, post or customs forbid.",
            f"Date and signature of the sender: {day(paper.asked_on)}, {customs['signer']}",
        ],
        "footer": [sender.company or sender.name, f"Order {paper.number}"],
    }


def _row(item: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "item": [item["description"], f"SKU {item['sku']}"],
        "code": item["hs_code"],
        "origin": f"{country_name(country=item['origin_country'])} ({item['origin_country']})",
        "quantity": str(item["quantity"]),
        "weight": _kilograms(item["weight_grams"]),
        "value": _value(item["value_minor"], currency),
    }


def _lines(address: Mapping[str, str]) -> list[str]:
    data = AddressData.from_dict(address)
    tax = f"VAT ID {address['vat_id']}" if address.get("vat_id") else ""
    return [line for line in (*address_lines(address=data), data.phone, tax) if line]


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}"


def _value(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).decimal:,.{exponent(currency)}f}"
