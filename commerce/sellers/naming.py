"""What a shop may be called, and its address."""

import re
import unicodedata

from django.utils.text import slugify

from .models import Seller

MAX_NAME = 80
_RESERVED = {"admin", "account", "cart", "checkout", "search", "sell", "sellers", "shop", "stoa"}


class InvalidName(ValueError):
    """The name cannot be a shop's."""


class NameTaken(ValueError):
    """Another shop bears the name, or one that differs only in capitals."""

    def __init__(self, shop_name: str) -> None:
        super().__init__(f"There is a shop called “{shop_name}” already. Choose another name.")
        self.shop_name = shop_name


def tidy(name: str) -> str:
    """Return the name without stray blanks. Raises InvalidName."""
    plain = "".join(
        char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char)[0] != "C"
    )
    tidied = " ".join(plain.split())
    if sum(char.isalnum() for char in tidied) < 2:
        raise InvalidName("A shop’s name needs at least two letters or digits.")
    if len(tidied) > MAX_NAME:
        raise InvalidName(f"Shorten the name to {MAX_NAME} characters; it has {len(tidied)}.")
    if slugify(tidied) in _RESERVED:
        raise InvalidName(f"“{tidied}” is reserved. Choose another name.")
    return tidied


def refuse_taken(name: str, *, but_of: int = 0) -> None:
    """Raise NameTaken when a shop other than `but_of` bears the name."""
    if Seller.objects.filter(name__iexact=name).exclude(pk=but_of).exists():
        raise NameTaken(name)


def free_slug(name: str, *, but_of: int = 0) -> str:
    """Return an address for the name that no other shop has."""
    base = slugify(name)[:70].strip("-") or "shop"
    pattern = rf"^{re.escape(base)}(-\d+)?$"
    taken = set(
        Seller.objects.filter(slug__regex=pattern).exclude(pk=but_of).values_list("slug", flat=True)
    )
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
