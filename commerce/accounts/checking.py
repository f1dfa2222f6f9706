"""The rules an address must meet, and what to tell somebody whose address does not."""

import re
from dataclasses import replace

from . import countries
from .types import ADDRESS_FIELDS, AddressData, AddressRules

LIMITS = {
    "name": 120, "company": 120, "line1": 150, "line2": 150, "city": 100,
    "region": 100, "postal_code": 20, "phone": 40,
}  # fmt: skip
_REMEDIES = {
    "name": "Enter the name of the person who receives the parcel.",
    "line1": "Enter the street and house number, or the P.O. box.",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_PHONE = re.compile(r"\+?[\d\s().\-/]+((ext|x)\.?\s*\d+)?", re.IGNORECASE)


def tidy(address: AddressData) -> AddressData:
    """Return the address without control characters, doubled blanks and loose ends."""
    values = {
        field: " ".join(_CONTROL.sub(" ", getattr(address, field)).split())
        for field in ADDRESS_FIELDS
    }
    return AddressData(**{**values, "country": values["country"].upper()})


def problems(address: AddressData) -> tuple[AddressData, dict[str, str]]:
    """Return the normalized address and what is wrong with it, field by field."""
    address = tidy(address)
    if not address.country:
        return address, {"country": "Choose a country."}
    if address.country not in countries.names():
        return address, {
            "country": f"“{address.country[:20]}” is not a country we know."
            " Choose one from the list."
        }
    rules = countries.rules(address.country)
    address = _as_the_country_writes_it(address, rules)
    errors = _missing(address, rules) | _too_long(address)
    for field, message in (_region(address, rules) | _postal_code(address, rules)).items():
        errors.setdefault(field, message)
    if address.line1 and not any(char.isalnum() for char in address.line1):
        errors.setdefault("line1", _REMEDIES["line1"])
    if address.phone and not _is_phone(address.phone):
        errors.setdefault("phone", "Enter a phone number with its country code, like +1 555 0100.")
    return address, errors


def place_problems(address: AddressData) -> tuple[AddressData, dict[str, str]]:
    """Return country, region and postal code alone, and what is wrong with them.

    The region is worked out from the postal code where the country's codes tell it.
    """
    place = tidy(AddressData(country=address.country, postal_code=address.postal_code))
    if place.country not in countries.names():
        return place, {"country": "Choose a country."}
    rules = countries.rules(place.country)
    place = _as_the_country_writes_it(place, rules)
    errors = _missing(place, rules) | _postal_code(place, rules)
    errors = {field: text for field, text in errors.items() if field == "postal_code"}
    region = countries.region_of(place.country, place.postal_code)
    return replace(place, region=region), errors


def _as_the_country_writes_it(address: AddressData, rules: AddressRules) -> AddressData:
    region = address.region if "region" in rules.used else ""
    region = countries.region_names(address.country).get(countries.fold(region), region)
    code = address.postal_code.upper() if "postal_code" in rules.used else ""
    return replace(address, region=region, postal_code=_spaced(code, address.country))


def _spaced(code: str, country: str) -> str:
    """Put the blank or dash where the post office prints it, when it was left out or moved."""
    bare = re.sub(r"[\s-]", "", code)
    if country in ("GB", "IM", "JE", "GG") and 5 <= len(bare) <= 7:
        return f"{bare[:-3]} {bare[-3:]}"
    if (country == "CA" and len(bare) == 6) or (country == "IE" and len(bare) == 7):
        return f"{bare[:3]} {bare[3:]}"
    if country == "US" and bare.isdigit() and len(bare) == 9:
        return f"{bare[:5]}-{bare[5:]}"
    return code


def _label(field: str, rules: AddressRules) -> str:
    labels = {
        "city": rules.city_label,
        "region": rules.region_label,
        "postal_code": rules.postal_code_label,
    }
    label = labels[field]
    return label if label.isupper() or label.startswith(("ZIP", "PIN")) else label.lower()


def _missing(address: AddressData, rules: AddressRules) -> dict[str, str]:
    errors = {}
    for field in rules.required:
        if getattr(address, field):
            continue
        if field in _REMEDIES:
            errors[field] = _REMEDIES[field]
        elif field == "region" and rules.region_choices:
            errors[field] = f"Choose the {_label(field, rules)}."
        elif field == "postal_code" and rules.postal_code_example:
            errors[field] = (
                f"Enter the {_label(field, rules)}, such as {rules.postal_code_example}."
            )
        else:
            errors[field] = f"Enter the {_label(field, rules)}."
    return errors


def _too_long(address: AddressData) -> dict[str, str]:
    return {
        field: f"Shorten this to {limit} characters; it has {len(getattr(address, field))}."
        for field, limit in LIMITS.items()
        if len(getattr(address, field)) > limit
    }


def _region(address: AddressData, rules: AddressRules) -> dict[str, str]:
    keys = {key for key, _ in rules.region_choices}
    if not address.region or not keys or address.region in keys:
        return {}
    return {
        "region": f"We know no {_label('region', rules)} “{address.region[:40]}” in"
        f" {countries.in_a_sentence(address.country)}. Choose one from the list."
    }


def _postal_code(address: AddressData, rules: AddressRules) -> dict[str, str]:
    if not address.postal_code:
        return {}
    label = _label("postal_code", rules)
    whole, *_ = countries.validation(address.country).postal_code_matchers or [None]
    if whole and not re.fullmatch(whole.pattern.strip("^$"), address.postal_code):
        example = f", such as {rules.postal_code_example}" if rules.postal_code_example else ""
        return {
            "postal_code": f"“{address.postal_code[:20]}” is not a {label} in"
            f" {countries.in_a_sentence(address.country)}. Enter one{example}."
        }
    names = dict(rules.region_choices)
    if address.region not in names:
        return {}
    narrowed = countries.validation(address.country, address.region).postal_code_matchers[1:]
    if all(matcher.match(address.postal_code) for matcher in narrowed):
        return {}
    return {
        "postal_code": f"{address.postal_code} does not lie in {names[address.region]}."
        f" Check the {label}, or choose another {_label('region', rules)}."
    }


def _is_phone(phone: str) -> bool:
    digits = sum(char.isdigit() for char in phone)
    return 5 <= digits <= 20 and _PHONE.fullmatch(phone) is not None
