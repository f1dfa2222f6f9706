"""What a shopper chose when carriers write their address otherwise, and how they are asked."""

from dataclasses import dataclass

from django.core import signing
from django.http import QueryDict

from commerce.accounts.operations import InvalidAddress, check_address
from commerce.accounts.types import AddressData
from commerce.fulfillment.operations import AddressDoubted

_SALT = "stoa.address-choice"


@dataclass(frozen=True)
class Choice:
    """The address to go on with, and whether its shopper keeps these words."""

    address: AddressData
    insists: bool = False


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What the page shows: both addresses, or what is missing; and what its form brings back."""

    typed: AddressData
    known: AddressData | None
    sentence: str
    offered: str


def chosen(data: QueryDict, address: AddressData) -> Choice:
    """Read the choice of a form; it is for the address it was asked about and no other."""
    words = data.get("words")
    if words not in ("typed", "known"):
        return Choice(address)
    try:
        offered = signing.loads(data.get("offered", ""), salt=_SALT, max_age=24 * 3600)
        typed = check_address(address=address)
    except (signing.BadSignature, InvalidAddress):
        return Choice(address)
    if typed.as_dict() != offered["typed"]:
        return Choice(address)
    known = offered["known"] if words == "known" else None
    return Choice(AddressData.from_dict(known) if known else address, insists=True)


def doubt(doubted: AddressDoubted) -> Doubt:
    """Return what to ask the shopper."""
    known = doubted.known
    offered = {"typed": doubted.typed.as_dict(), "known": known.as_dict() if known else None}
    return Doubt(
        typed=doubted.typed,
        known=known,
        sentence=doubted.sentence,
        offered=signing.dumps(offered, salt=_SALT, compress=True),
    )
