"""A document's plain values as words and figures ready to print, on paper and on screen."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from commerce.accounts.queries import address_lines
from commerce.accounts.types import AddressData
from commerce.kernel.money import Money, exponent

from .types import TITLES

Sheet = dict[str, Any]

_METHODS = {
    "bank_transfer": "bank transfer",
    "customer_balance": "bank transfer",
    "paypal": "PayPal",
}


def sheet(
    *, kind: str, number: str, issued_at: datetime, content: Mapping[str, Any], parties: Any
) -> Sheet:
    """Return what is printed of a document, in the order in which it is printed."""
    rows, issuer = content["rows"], content["issuer"]
    shows_discount = any(row["discount_minor"] for row in rows)
    return {
        "title": TITLES[kind],
        "number": number,
        "description": f"{TITLES[kind]} {number} for order {content['order_number']}",
        "date": [issued_at.year, issued_at.month, issued_at.day],
        "issuer": issuer["legal_name"],
        "issuer_lines": _issuer_lines(issuer),
        "addresses": _addresses(kind, parties),
        "facts": _facts(kind, issued_at, content),
        "columns": _columns(content, shows_discount=shows_discount),
        "groups": _groups(content),
        "taxes_title": "Tax by rate",
        "taxes": [_tax(row, content["currency"]) for row in content["taxes"]],
        "sums": _sums(kind, content),
        "notes": _notes(kind, content),
        "footer": _footer(issuer),
    }


def day(moment: date) -> str:
    """Write a date as documents do."""
    return f"{moment.day} {moment:%B %Y}"


def rate(bps: int) -> str:
    """Write a rate in percent without needless zeros."""
    return f"{bps / 100:g} %"


def _amount(minor: int, currency: str) -> str:
    number = f"{abs(Money(minor, currency).decimal):,.{exponent(currency)}f}"
    return f"−{number}" if minor < 0 else number


def _issuer_lines(issuer: Mapping[str, Any]) -> list[str]:
    trades_as = issuer["trade_name"]
    return [
        f"trading as {trades_as}" if trades_as not in ("", issuer["legal_name"]) else "",
        *_postal(issuer),
        issuer["email"],
        f"VAT ID {issuer['vat_id']}" if issuer["vat_id"] else "",
        f"Tax number {issuer['tax_number']}" if issuer["tax_number"] else "",
    ]


def _postal(address: Mapping[str, Any]) -> list[str]:
    """Return an address in its country's order, without the name."""
    plain = {**address, "name": "", "company": ""}
    return address_lines(address=AddressData.from_dict(plain))


def _addresses(kind: str, parties: Any) -> list[Sheet]:
    if parties is None:
        return [{"label": "Billed to", "lines": ["Removed after the years for which it was kept"]}]
    buyer, ship_to = parties["buyer"], parties["ship_to"]
    billed = [*_named(buyer), *_postal(buyer), *_tax_ids(buyer)]
    if kind == "receipt":
        return [{"label": "Paid by", "lines": [*billed, parties["email"]]}]
    sent = [*_named(ship_to), *_postal(ship_to)]
    return [
        {"label": "Bill to", "lines": billed},
        {"label": "Ship to", "lines": sent},
    ]


def _named(address: Mapping[str, Any]) -> list[str]:
    names = [str(address.get("company") or ""), str(address.get("name") or "")]
    return [name for name in names if name]


def _tax_ids(address: Mapping[str, Any]) -> list[str]:
    return [f"VAT ID {address['vat_id']}"] if address.get("vat_id") else []


def _facts(kind: str, issued_at: datetime, content: Mapping[str, Any]) -> list[list[str]]:
    facts = [["Date", day(issued_at.date())], ["Order", content["order_number"]]]
    if kind != "receipt":
        facts.append(["Part", content["part_number"]])
    facts.append(["Ordered", day(date.fromisoformat(content["ordered_on"]))])
    if content.get("supplied_on"):
        facts.append(["Sent", day(date.fromisoformat(content["supplied_on"]))])
    if content.get("corrects"):
        facts.append(["Corrects invoice", content["corrects"]["number"]])
        facts.append(["of", day(date.fromisoformat(content["corrects"]["issued_on"]))])
    return [*facts, ["Currency", content["currency"]]]


def _columns(content: Mapping[str, Any], *, shows_discount: bool) -> list[Sheet]:
    unit = "Unit incl. tax" if content["prices_include_tax"] else "Unit net"
    names = [
        ("item", "Item"), ("sku", "SKU"), ("quantity", "Qty"), ("unit", unit),
        ("discount", "Discount"), ("rate", "Tax rate"), ("tax", "Tax"), ("net", "Net"),
    ]  # fmt: skip
    return [
        {"key": key, "label": label, "wide": key == "item", "number": key not in ("item", "sku")}
        for key, label in names
        if key != "discount" or shows_discount
    ]


def _groups(content: Mapping[str, Any]) -> list[Sheet]:
    groups: dict[str, Sheet] = {}
    for row in content["rows"]:
        name = row.get("group", "")
        below = f"Part {row['part']}" if row.get("part") else ""
        group = groups.setdefault(
            row.get("part", ""), {"heading": name, "below": below, "rows": []}
        )
        group["rows"].append(_printed(row, content["currency"]))
    return list(groups.values())


def _printed(row: Mapping[str, Any], currency: str) -> Sheet:
    below = [row["options"], *row["discounts"]]
    return {
        "item": [row["title"], " · ".join(part for part in below if part)],
        "sku": row["sku"],
        "quantity": str(row["quantity"] or "") if row["kind"] == "line" else "",
        "unit": _amount(row["unit_minor"], currency) if row["kind"] == "line" else "",
        "discount": _amount(-row["discount_minor"], currency) if row["discount_minor"] else "",
        "rate": rate(row["tax_rate_bps"]),
        "tax": _amount(row["tax_minor"], currency),
        "net": _amount(row["net_minor"], currency),
    }


def _tax(row: Mapping[str, Any], currency: str) -> list[str]:
    name = row["name"] or ("No tax" if not row["rate_bps"] else "Tax")
    net, tax = (_amount(row[key], currency) for key in ("net_minor", "tax_minor"))
    return [name, rate(row["rate_bps"]), net, tax]


def _sums(kind: str, content: Mapping[str, Any]) -> list[Sheet]:
    currency = content["currency"]
    total = {"receipt": "Paid", "invoice": "Total", "credit_note": "Credited"}[kind]
    sums = [
        ("Net", _amount(content["net_minor"], currency), False),
        ("Tax", _amount(content["tax_minor"], currency), False),
        (total, f"{_amount(content['total_minor'], currency)} {currency}", True),
    ]
    return [{"label": label, "amount": amount, "strong": strong} for label, amount, strong in sums]


def _notes(kind: str, content: Mapping[str, Any]) -> list[str]:
    notes = []
    if kind == "credit_note":
        notes.append(f"Reason: {content['reason']}")
        if kept := content.get("withheld_minor"):
            amount = f"{_amount(kept, content['currency'])} {content['currency']}"
            notes.append(f"{amount} of it was kept because goods came back worn.")
        if had := content.get("advanced_minor"):
            amount = f"{_amount(had, content['currency'])} {content['currency']}"
            notes.append(f"{amount} of it was given as goodwill before.")
    if any(row["category"] == "AE" for row in content["taxes"]):
        notes.append("Reverse charge: the recipient of the goods owes the tax.")
    if content.get("payment"):
        notes.append(_paid(kind, content))
    if kind == "receipt":
        notes.append(
            "This confirms your payment. Each shop issues its invoice when its goods are sent."
        )
    elif content.get("marketplace"):
        notes.append(
            f"Sold through {content['marketplace']}, which took the payment for the seller."
        )
    return notes


def _paid(kind: str, content: Mapping[str, Any]) -> str:
    payment, currency = content["payment"], content["currency"]
    by = _by(payment["method"])
    if kind == "invoice":
        return f"Already paid{by}. Nothing is left to pay."
    parts = []
    if payment["paid_minor"]:
        parts.append(f"{_amount(payment['paid_minor'], currency)} {currency}{by}")
    if payment["credit_minor"]:
        credit = _amount(payment["credit_minor"], currency)
        parts.append(f"{credit} {currency} by gift card or store credit")
    return f"Paid {' and '.join(parts)}." if parts else "There was nothing to pay."


def _by(method: str) -> str:
    """Write how something was paid; "visa 4242" is a card."""
    if not method:
        return ""
    if method[-4:].isdecimal():
        return f" by card ({method.capitalize()})"
    return f" by {_METHODS.get(method, method.replace('_', ' '))}"


def _footer(issuer: Mapping[str, Any]) -> list[str]:
    words: Iterable[str] = (issuer["legal_name"], *_postal(issuer), issuer["footer"])
    return [word for word in words if word]
