"""The same invoice as data: Factur-X in the profile of EN 16931, made by drafthorse."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drafthorse.models.accounting import ApplicableTradeTax, CategoryTradeTax, TradeAllowanceCharge
from drafthorse.models.document import Document
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import TaxRegistration, TradeParty
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.tradelines import LineItem

from commerce.kernel.money import Money, exponent

PROFILE = "urn:cen.eu:en16931:2017"
_TYPES = {"invoice": "380", "credit_note": "381"}
_MOST_DECIMALS = 2
_REASONS = {"AE": "Reverse charge", "O": "Not subject to VAT"}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Plain = Mapping[str, Any]


def as_xml(
    *, kind: str, number: str, issued_at: datetime, content: Plain, parties: Plain | None
) -> bytes | None:
    """Return an invoice or credit note as Factur-X; None where the norm has no place for it.

    It asks who is registered for the tax, knows two decimals at most, and needs a buyer.
    """
    if kind not in _TYPES or parties is None or not can_be_told(content, parties):
        return None
    content, parties = _clean(content), _clean(parties)
    document = Document()
    document.context.guideline_parameter.id = PROFILE
    document.header.id = number
    document.header.type_code = _TYPES[kind]
    document.header.issue_date_time = issued_at.date()
    for words in _notes(content):
        note = IncludedNote()
        note.content = words
        document.header.notes.add(note)
    _parties(document, content, parties)
    lines = [row for row in content["rows"] if row["kind"] == "line"]
    for position, row in enumerate(lines, start=1):
        document.trade.items.add(_line(position, row, content))
    _settlement(document, content, kind)
    xml: bytes = document.serialize(schema="FACTUR-X_EN16931")
    if _category(content["rows"][0], content) == "O":  # then all are, and none has a rate
        xml = re.sub(rb"<ram:RateApplicablePercent>[^<]*</ram:RateApplicablePercent>", b"", xml)
    return xml


def _clean(said: Any) -> Any:
    """Take out the control characters that XML has no place for."""
    if isinstance(said, str):
        return _CONTROLS.sub("", said)
    if isinstance(said, Mapping):
        return {key: _clean(value) for key, value in said.items()}
    return [_clean(value) for value in said] if isinstance(said, list) else said


def can_be_told(content: Plain, parties: Plain) -> bool:
    """Tell whether EN 16931 has a place for everything the document says."""
    issuer = content["issuer"]
    categories = {_category(row, content) for row in content["rows"]}
    registered = bool(issuer["vat_id"] or issuer["tax_number"])
    return (
        exponent(content["currency"]) <= _MOST_DECIMALS
        and bool(issuer["country"] and parties["buyer"].get("country"))
        and any(row["kind"] == "line" for row in content["rows"])
        and (registered or categories <= {"O"})
        and ("AE" not in categories or bool(issuer["vat_id"] and parties["buyer"].get("vat_id")))
    )


def _category(row: Plain, content: Plain) -> str:
    """Return a row's category; where nothing is taxed by anybody, it is outside the tax."""
    issuer = content["issuer"]
    untaxed = all(not other["tax_rate_bps"] for other in content["rows"])
    if row["category"] == "Z" and untaxed and not (issuer["vat_id"] or issuer["tax_number"]):
        return "O"
    return str(row["category"])


def _amount(minor: int, content: Plain) -> Decimal:
    return Money(minor, content["currency"]).decimal


def _percent(row: Plain) -> Decimal:
    return Decimal(row["tax_rate_bps"]) / 100


def _notes(content: Plain) -> Iterable[str]:
    yield f"Order {content['order_number']}, part {content['part_number']}"
    if content.get("reason"):
        yield f"Reason: {content['reason']}"
    if content.get("marketplace"):
        yield f"Sold through {content['marketplace']}"


def _parties(document: Any, content: Plain, parties: Plain) -> None:
    agreement, issuer, buyer = document.trade.agreement, content["issuer"], parties["buyer"]
    agreement.seller.id = issuer["id"]
    agreement.seller.name = issuer["legal_name"]
    if issuer["trade_name"] not in ("", issuer["legal_name"]):
        agreement.seller.legal_organization.trade_name = issuer["trade_name"]
    _address(agreement.seller, issuer)
    for scheme, key in (("VA", "vat_id"), ("FC", "tax_number")):
        _register(agreement.seller, scheme, issuer[key])
    agreement.buyer.name = buyer.get("company") or buyer.get("name") or parties["email"]
    _address(agreement.buyer, buyer)
    _register(agreement.buyer, "VA", buyer.get("vat_id", ""))
    agreement.seller_order.issuer_assigned_id = content["part_number"]
    agreement.buyer_order.issuer_assigned_id = content["order_number"]
    ship_to = parties["ship_to"]
    document.trade.delivery.ship_to.name = ship_to.get("company") or ship_to.get("name") or "-"
    _address(document.trade.delivery.ship_to, ship_to)
    supplied = content.get("supplied_on") or content["ordered_on"]
    document.trade.delivery.event.occurrence = date.fromisoformat(supplied)


def _address(party: TradeParty, address: Plain) -> None:
    names = {
        "postcode": "postal_code", "line_one": "line1", "line_two": "line2",
        "city_name": "city", "country_id": "country", "country_subdivision": "region",
    }  # fmt: skip
    for ours, theirs in names.items():
        if address.get(theirs):
            setattr(party.address, ours, str(address[theirs]))


def _register(party: TradeParty, scheme: str, number: str) -> None:
    if number:
        registration = TaxRegistration()
        registration.id = (scheme, number)
        party.tax_registrations.add(registration)


def _line(position: int, row: Plain, content: Plain) -> LineItem:
    """Return one line. Where prices hold tax, its unit price is its net amount by the unit."""
    quantity = Decimal(row["quantity"] or 1)
    net = _amount(row["net_minor"], content)
    item = LineItem()
    item.document.line_id = str(position)
    item.product.seller_assigned_id = row["sku"]
    item.product.name = row["title"]
    if row["options"]:
        item.product.description = row["options"]
    discount = 0 if row["included"] or not row["quantity"] else row["discount_minor"]
    price = (net + _amount(discount, content)) / quantity
    item.agreement.net.amount = price.quantize(Decimal("0.000001")).normalize() + Decimal("0.00")
    item.agreement.net.basis_quantity = (Decimal(1), "H87")
    item.delivery.billed_quantity = (quantity, "H87")
    tax = item.settlement.trade_tax
    tax.type_code = "VAT"
    tax.category_code = _category(row, content)
    tax.rate_applicable_percent = _percent(row)
    if discount:
        allowance = TradeAllowanceCharge()
        allowance.indicator = False
        allowance.actual_amount = _amount(discount, content)
        allowance.reason = ", ".join(row["discounts"]) or "Discount"
        item.settlement.allowance_charge.add(allowance)
    item.settlement.monetary_summation.total_amount = net
    return item


def _settlement(document: Any, content: Plain, kind: str) -> None:
    settlement = document.trade.settlement
    settlement.currency_code = content["currency"]
    if kind == "invoice":
        means = PaymentMeans()
        means.type_code = "48" if content["payment"]["method"][-4:].isdecimal() else "ZZZ"
        means.information.add("Paid through the marketplace")
        settlement.payment_means.add(means)
    _taxes(settlement, content)
    charges = [row for row in content["rows"] if row["kind"] == "charge"]
    for row in charges:
        charge = TradeAllowanceCharge()
        charge.indicator = True
        charge.actual_amount = _amount(row["net_minor"], content)
        charge.reason = row["title"]
        tax = CategoryTradeTax()
        tax.type_code = "VAT"
        tax.category_code = _category(row, content)
        tax.rate_applicable_percent = _percent(row)
        charge.trade_tax.add(tax)
        settlement.allowance_charge.add(charge)
    terms = PaymentTerms()
    terms.description = "Already paid" if kind == "invoice" else "Paid back through the marketplace"
    settlement.terms.add(terms)
    if content.get("corrects"):
        invoice = settlement.invoice_referenced_document
        invoice.issuer_assigned_id = content["corrects"]["number"]
        invoice.issue_date_time = date.fromisoformat(content["corrects"]["issued_on"])
    _sums(settlement, content, sum(row["net_minor"] for row in charges), kind)


def _taxes(settlement: Any, content: Plain) -> None:
    """Add one row for each category and rate, whatever names the rate goes by."""
    sums: dict[tuple[str, Decimal], list[int]] = {}
    for row in content["rows"]:
        both = sums.setdefault((_category(row, content), _percent(row)), [0, 0])
        both[0] += row["net_minor"]
        both[1] += row["tax_minor"]
    for (category, percent), (net, taxed) in sums.items():
        tax = ApplicableTradeTax()
        tax.calculated_amount = _amount(taxed, content)
        tax.type_code = "VAT"
        if category in _REASONS:
            tax.exemption_reason = _REASONS[category]
        tax.basis_amount = _amount(net, content)
        tax.category_code = category
        tax.rate_applicable_percent = percent
        settlement.trade_tax.add(tax)


def _sums(settlement: Any, content: Plain, charged: int, kind: str) -> None:
    currency = content["currency"]
    sums = settlement.monetary_summation
    sums.line_total = _amount(content["net_minor"] - charged, content)
    if charged:
        sums.charge_total = _amount(charged, content)
    sums.tax_basis_total = (_amount(content["net_minor"], content), None)
    sums.tax_total = (_amount(content["tax_minor"], content), currency)
    sums.grand_total = (_amount(content["total_minor"], content), None)
    due = 0
    if kind == "invoice":
        sums.prepaid_total = _amount(content["total_minor"], content)
    else:
        due = content["total_minor"]
    sums.due_amount = _amount(due, content)
