from collections.abc import Iterable

from django.db.models.functions import Lower

from . import countries
from .models import Address, User
from .types import ADDRESS_FIELDS, PLACE_FIELDS, AddressData, AddressRules, SavedAddress


class UnknownCountry(ValueError):
    """The code is no country's."""

    def __init__(self, code: str) -> None:
        super().__init__(f"“{code}” is not a country we know.")
        self.code = code


def addresses_of(*, user_id: int) -> list[SavedAddress]:
    """Return a person's address book, the default shipping address first, then the newest."""
    rows = Address.objects.filter(user_id=user_id).order_by(
        "-is_default_shipping", "-created_at", "-pk"
    )
    return [
        SavedAddress(
            id=row.pk,
            is_default_shipping=row.is_default_shipping,
            is_default_billing=row.is_default_billing,
            **{field: getattr(row, field) for field in ADDRESS_FIELDS},
        )
        for row in rows
    ]


def is_verified(*, user_id: int, address: AddressData) -> bool:
    """Whether this place stands in a person's address book, and parcels are known to reach it."""
    place = {field: getattr(address, field) for field in PLACE_FIELDS}
    return Address.objects.filter(user_id=user_id, is_verified=True, **place).exists()


def user_emails(*, user_ids: Iterable[int]) -> dict[int, str]:
    """Return the email address of each person."""
    return dict(User.objects.filter(pk__in=set(user_ids)).values_list("pk", "email"))


def user_ids_by_email(*, emails: Iterable[str]) -> dict[str, int]:
    """Return people's ids by their address in small letters; addresses of nobody are left out."""
    rows = User.objects.annotate(small=Lower("email")).filter(
        small__in=[email.lower() for email in emails]
    )
    return dict(rows.values_list("small", "pk"))


def user_names(*, user_ids: Iterable[int]) -> dict[int, str]:
    """Return each person's first name, empty where it is not known."""
    return dict(User.objects.filter(pk__in=set(user_ids)).values_list("pk", "first_name"))


def countries_by_name() -> list[tuple[str, str]]:
    """Return (code, name) of every country, alphabetical: the choices of a country field."""
    return list(countries.names().items())


def country_name(*, country: str) -> str:
    """Return a country's name, or the code itself when there is no such country."""
    return countries.names().get(country.upper(), country)


def address_lines(*, address: AddressData) -> list[str]:
    """Return an address as it stands on a parcel: lines in its country's order, country last."""
    return countries.lines(address)


def address_rules(*, country: str) -> AddressRules:
    """Return which fields an address of a country has, needs, and how they are called.

    Raises UnknownCountry.
    """
    code = country.strip().upper()
    if code not in countries.names():
        raise UnknownCountry(country)
    return countries.rules(code)
