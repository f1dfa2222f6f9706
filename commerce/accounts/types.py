from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AddressData:
    """A postal address as it is typed, stored in an address book or copied into an order."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""

    def as_dict(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in ADDRESS_FIELDS}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "AddressData":
        """Read an address back from JSON or a form; what is no address field is ignored."""
        return AddressData(**{key: str(values.get(key) or "") for key in ADDRESS_FIELDS})


ADDRESS_FIELDS = tuple(field.name for field in fields(AddressData))
PLACE_FIELDS = ("line1", "line2", "city", "region", "postal_code", "country")
"""Where it is; the others say who lives there."""


@dataclass(frozen=True, kw_only=True)
class SavedAddress(AddressData):
    """An entry of an address book."""

    id: int
    is_default_shipping: bool = False
    is_default_billing: bool = False


@dataclass(frozen=True, kw_only=True)
class AddressRules:
    """How addresses of a country are written: what a form shows, asks for and calls it."""

    country: str
    country_name: str
    used: tuple[str, ...]
    required: tuple[str, ...]
    city_label: str
    region_label: str
    region_choices: tuple[tuple[str, str], ...]
    postal_code_label: str
    postal_code_example: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, such as for a script that adapts the form."""
        return asdict(self)
