"""What the shop asks of parcel services, whoever stands between: prices, labels, tracking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from django.conf import settings

from .payments import NotAuthentic

__all__ = [
    "AddressFinding",
    "AddressProblem",
    "BoughtLabel",
    "CarrierGateway",
    "CarrierRefused",
    "CarrierUnavailable",
    "NotAuthentic",
    "NotSetUp",
    "ParcelRequest",
    "Prepared",
    "RateData",
    "TrackedEvent",
    "TrackingUpdate",
    "get_carrier_gateway",
    "is_set_up",
]

VoidState = Literal["accepted", "refused"]
AddressProblem = Literal["address", "street", "house", "box", "place", "apartment"]
"""What of an address is not known to the service."""


class CarrierUnavailable(Exception):
    """No sensible answer came in time; what was asked may have happened."""


class CarrierRefused(Exception):
    """The service understood and said no; nothing was done. The message is its own."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class NotSetUp(CarrierUnavailable):
    """This installation has no account with a parcel service."""


@dataclass(frozen=True, kw_only=True)
class ParcelRequest:
    """One parcel; addresses have the fields of an address book, sizes are in millimeters."""

    reference: str
    origin: Mapping[str, str]
    destination: Mapping[str, str]
    weight_grams: int
    sizes_mm: Sequence[int] = ()
    customs: Mapping[str, Any] = field(default_factory=dict)
    """What a parcel that crosses a customs border declares: signer, currency and items."""
    is_return: bool = False
    """It comes back: from the shopper, to the seller."""


@dataclass(frozen=True, kw_only=True)
class RateData:
    """What a carrier, by our code for it, asks for a parcel, and in how many days it brings it."""

    id: str
    carrier: str
    service: str
    amount_minor: int
    currency: str
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A parcel that the service knows; nothing is bought yet."""

    provider_id: str
    rates: tuple[RateData, ...]


@dataclass(frozen=True, kw_only=True)
class BoughtLabel:
    provider_id: str
    carrier: str
    service: str
    cost_minor: int
    currency: str
    tracking_number: str
    tracker_id: str
    file_url: str


@dataclass(frozen=True, kw_only=True)
class TrackedEvent:
    at: datetime
    status: str
    message: str
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class TrackingUpdate:
    """All that is known of a parcel's way now; may be older than what is known here."""

    tracker_id: str
    tracking_number: str
    status: str
    expected_on: date | None = None
    events: tuple[TrackedEvent, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class AddressFinding:
    """What is known of an address: whether parcels reach it, how it is written, what is wrong."""

    reaches: bool
    written: Mapping[str, str]
    problems: tuple[AddressProblem, ...] = ()


class CarrierGateway(Protocol):
    """Every method raises CarrierUnavailable, CarrierRefused or InTransaction."""

    name: str

    def rates(self, *, request: ParcelRequest) -> tuple[RateData, ...]:
        """Name prices for a parcel while a shopper waits: one try."""

    def verify(self, *, address: Mapping[str, str]) -> AddressFinding | None:
        """Say whether parcels reach an address while a shopper waits; None when it cannot tell."""

    def prepare(self, *, request: ParcelRequest) -> Prepared:
        """Make a parcel known under its reference; costs nothing, also when repeated."""

    def find(self, *, reference: str) -> Prepared | None:
        """Look for a parcel that was made known by this reference and never answered."""

    def buy(self, *, provider_id: str, rate_id: str) -> BoughtLabel:
        """Buy the label of a parcel; a parcel has one, so repeating it returns the same."""

    def bought(self, *, provider_id: str) -> BoughtLabel | None:
        """Say which label a parcel has."""

    def file(self, *, url: str) -> bytes:
        """Fetch a label's picture or PDF."""

    def void(self, *, provider_id: str) -> VoidState:
        """Give a label back that no parcel carries."""

    def watch(self, *, carrier: str, tracking_number: str) -> str:
        """Follow a parcel whose label was not bought here; returns the tracker's id."""

    def track(self, *, tracker_id: str) -> TrackingUpdate:
        """Say where a parcel is."""

    def parse_webhook(self, *, body: bytes, signature: str) -> TrackingUpdate | None:
        """Check a notice and read it; None when it is of no parcel. Raises NotAuthentic."""


def is_set_up() -> bool:
    """Whether there is a service to ask at all."""
    return bool(settings.EASYPOST_API_KEY)


def get_carrier_gateway() -> CarrierGateway:
    """Return the service that the settings name. Raises NotSetUp."""
    from .easypost import gateway_from_settings

    if not is_set_up():
        raise NotSetUp("no parcel service is set up")
    return gateway_from_settings()
