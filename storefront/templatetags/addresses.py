"""Filters that write addresses and the inputs that ask for them."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm

from commerce.accounts.queries import countries_by_name, country_name
from commerce.accounts.types import AddressData, AddressRules, SavedAddress

register = template.Library()

Rows = list[dict[str, Any]]


@register.filter
def address_lines(address: AddressData | Mapping[str, Any] | None) -> list[str]:
    """Write an address line by line."""
    if not address:
        return []
    if not isinstance(address, AddressData):
        address = AddressData.from_dict(address)
    place = " ".join(part for part in (address.city, address.region, address.postal_code) if part)
    lines = [address.name, address.company, address.line1, address.line2, place]
    return [line for line in [*lines, country_name(country=address.country)] if line]


@register.filter
def address_title(entry: SavedAddress) -> str:
    """Say what an entry of the address book is used for."""
    if entry.is_default_shipping and entry.is_default_billing:
        return "For shipping and invoices"
    if entry.is_default_shipping:
        return "For shipping"
    return "For invoices" if entry.is_default_billing else "Address"


@register.filter
def countries(_: object) -> list[tuple[str, str]]:
    """Every country by name."""
    return countries_by_name()


LABELS = {
    "name": ("Full name", "name", 120),
    "company": ("Company", "organization", 120),
    "line1": ("Address", "address-line1", 150),
    "line2": ("Apartment, suite, etc.", "address-line2", 150),
    "city": ("City", "address-level2", 100),
    "region": ("State or province", "address-level1", 100),
    "postal_code": ("Postal code", "postal-code", 20),
    "phone": ("Phone", "tel", 40),
}


@register.filter
def address_inputs(form: BaseForm, rules: AddressRules) -> Rows:
    """The inputs of an address as its country asks for them, with what was typed."""
    own = {
        "city": rules.city_label,
        "region": rules.region_label,
        "postal_code": rules.postal_code_label,
    }
    always = {"name", "company", "line1", "line2", "phone"}
    rows: Rows = []
    for name, (label, autocomplete, most) in LABELS.items():
        if name not in always and name not in rules.used:
            continue
        field = form[name]
        example = rules.postal_code_example if name == "postal_code" else ""
        rows.append(
            {
                "name": name,
                "id": f"id_{name}",
                "label": own.get(name) or label,
                "type": "tel" if name == "phone" else "text",
                "autocomplete": autocomplete,
                "most": most,
                "value": field.value() or "",
                "optional": name not in rules.required,
                "example": example,
                "error": field.errors[0] if field.errors else "",
                "choices": list(rules.region_choices) if name == "region" else [],
            }
        )
    return rows
