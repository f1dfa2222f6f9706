"""People and addresses that pass the checks."""

import itertools
from typing import Any

from commerce.accounts.models import User
from commerce.accounts.types import AddressData

_numbers = itertools.count(1)

SAN_FRANCISCO = AddressData(
    name="Ada Brook",
    line1="1 Market Street",
    city="San Francisco",
    region="CA",
    postal_code="94105",
    country="US",
    phone="+1 415 555 0100",
)
BERLIN = AddressData(
    name="Jonas Feld",
    line1="Torstraße 12",
    city="Berlin",
    postal_code="10119",
    country="DE",
)


def make_user(*, email: str = "", password: str | None = None, **fields: Any) -> User:
    """A person with an email address of their own."""
    fields.setdefault("first_name", "Ada")
    email = email or f"person{next(_numbers)}@example.com"
    return User.objects.create_user(email, password, **fields)
