from django.db import transaction

from . import checking
from .models import Address, User
from .types import PLACE_FIELDS, AddressData


class InvalidAddress(ValueError):
    """The address cannot be right; `errors` says per field what to do about it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AddressNotFound(LookupError):
    """The person has no such address."""


class AddressBookFull(ValueError):
    """The address book holds as many addresses as it may."""

    def __init__(self) -> None:
        super().__init__(
            f"An address book holds {MAX_ADDRESSES} addresses. Delete one you no longer need."
        )


MAX_ADDRESSES = 50


def check_address(*, address: AddressData) -> AddressData:
    """Return the address as its country writes it: region key, postal code, no stray blanks.

    Raises InvalidAddress.
    """
    tidied, errors = checking.problems(address)
    if errors:
        raise InvalidAddress(errors)
    return tidied


def check_place(*, address: AddressData) -> AddressData:
    """Return country, region and postal code of a place to estimate for, and nothing else.

    The region follows from the postal code where codes tell it. Raises InvalidAddress.
    """
    place, errors = checking.place_problems(address)
    if errors:
        raise InvalidAddress(errors)
    return place


@transaction.atomic
def save_address(
    *,
    user_id: int,
    address: AddressData,
    make_default_shipping: bool = False,
    make_default_billing: bool = False,
    address_id: int | None = None,
    is_verified: bool = False,
) -> int:
    """Add an address to a person's book, or change one of it; returns its id.

    The first address becomes the default for both. A default is taken from
    the address that had it. With `is_verified` carriers know that parcels reach it;
    another address in its place is not known again. Raises InvalidAddress,
    AddressNotFound, AddressBookFull.
    """
    checked = check_address(address=address)
    User.objects.select_for_update().only("pk").get(pk=user_id)
    book = Address.objects.filter(user_id=user_id)
    if address_id is None:
        count = book.count()
        if count >= MAX_ADDRESSES:
            raise AddressBookFull
        if count == 0:
            make_default_shipping = make_default_billing = True
        row = Address(user_id=user_id)
    else:
        found = book.filter(pk=address_id).first()
        if found is None:
            raise AddressNotFound(address_id)
        row = found
    if make_default_shipping:
        book.filter(is_default_shipping=True).update(is_default_shipping=False)
        row.is_default_shipping = True
    if make_default_billing:
        book.filter(is_default_billing=True).update(is_default_billing=False)
        row.is_default_billing = True
    for field, value in checked.as_dict().items():
        setattr(row, field, value)
    row.is_verified = is_verified
    row.save()
    return row.pk


def mark_verified(*, user_id: int, address: AddressData) -> None:
    """Remember of the entries of a person's book that are this address that parcels reach it."""
    place = {field: getattr(address, field) for field in PLACE_FIELDS}
    Address.objects.filter(user_id=user_id, is_verified=False, **place).update(is_verified=True)


@transaction.atomic
def delete_address(*, user_id: int, address_id: int) -> None:
    """Remove an address; a default it had passes to the newest that is left.

    Orders keep their own copy. Raises AddressNotFound.
    """
    User.objects.select_for_update().only("pk").get(pk=user_id)
    row = Address.objects.filter(user_id=user_id, pk=address_id).first()
    if row is None:
        raise AddressNotFound(address_id)
    row.delete()
    heir = Address.objects.filter(user_id=user_id).order_by("-created_at", "-pk").first()
    if heir is None:
        return
    heir.is_default_shipping |= row.is_default_shipping
    heir.is_default_billing |= row.is_default_billing
    heir.save(update_fields=["is_default_shipping", "is_default_billing"])


def rename(*, user_id: int, first_name: str, last_name: str) -> None:
    """Change a person's name."""
    User.objects.filter(pk=user_id).update(first_name=first_name, last_name=last_name)
