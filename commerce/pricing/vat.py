"""VAT numbers of businesses in the EU: format and check digits, without asking anybody."""

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from .places import EU_COUNTRIES

_PREFIXES = {"GR": "EL"}


class InvalidVatId(ValueError):
    """The number is not one that a business at the destination can have; str() says why."""


def checked_vat_id(*, vat_id: str, country: str) -> str:
    """Return a number as it is written officially. Raises InvalidVatId.

    It must be of the destination's country: the buyer owes the tax there.
    """
    if country not in EU_COUNTRIES:
        raise InvalidVatId("VAT numbers count for destinations in the European Union only.")
    prefix = _PREFIXES.get(country, country)
    try:
        number: str = eu_vat.validate(vat_id[:40])
    except ValidationError:
        raise InvalidVatId(
            f"This is no valid VAT number. It begins with {prefix}; check how it is written."
        ) from None
    if not number.startswith(prefix):
        raise InvalidVatId(
            f"Give the VAT number of the country it goes to: it begins with {prefix}."
        )
    return number


def owes_tax(*, vat_id: str, country: str, seller_country: str) -> bool:
    """Tell whether the buyer owes the tax: a business in another EU country than the seller's."""
    return bool(vat_id) and {country, seller_country} <= EU_COUNTRIES and country != seller_country
