from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from commerce.accounts.types import AddressData
from commerce.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What one seller would have to send: enough to name a price for it."""

    seller_id: int
    country: str
    weight_grams: int
    goods_minor: int
    region: str = ""
    postal_code: str = ""
    pieces: int = 1
    quantities: Mapping[int, int] = field(default_factory=dict)
    """How many of each variant are in it."""
    holders: tuple[str, ...] = ()
    """Whose holds count as free for it: the shopper's own cart."""
    not_before: date | None = None
    """When the last of it comes in, when it is not all there."""


@dataclass(frozen=True, kw_only=True)
class PickUp:
    """A store where the shopper fetches the goods."""

    address: AddressData
    opening_hours: str


@dataclass(frozen=True, kw_only=True)
class ShippingOption:
    """One way a seller sends a parcel, with its price."""

    method_id: int
    name: str
    carrier: str
    price: Money
    min_days: int
    max_days: int
    free_from: Money | None = None
    kind: str = "table"
    service: str = ""
    location_id: int | None = None
    promised_from: date | None = None
    promised_to: date | None = None
    pick_up: PickUp | None = None
    rate_of: datetime | None = None
    """When the carrier named the price; None when the seller's own table did."""

    def as_dict(self) -> dict[str, object]:
        """What an order keeps of the choice."""
        kept: dict[str, object] = {
            "method_id": self.method_id,
            "name": self.name,
            "carrier": self.carrier,
            "min_days": self.min_days,
            "max_days": self.max_days,
            "kind": self.kind,
            "service": self.service,
            "location_id": self.location_id,
            "promised_from": self.promised_from and self.promised_from.isoformat(),
            "promised_to": self.promised_to and self.promised_to.isoformat(),
        }
        if self.pick_up:
            kept["pick_up"] = {
                "address": self.pick_up.address.as_dict(),
                "opening_hours": self.pick_up.opening_hours,
            }
        return kept


@dataclass(frozen=True, kw_only=True)
class LabelOffer:
    """What a carrier asks for a label."""

    carrier: str
    service: str
    price: Money
    days: int | None


@dataclass(frozen=True, kw_only=True)
class LabelData:
    """A label for one parcel, as its seller sees it."""

    id: int
    seller_order_id: int
    state: str
    carrier: str
    service: str
    tracking_number: str
    cost: Money | None
    has_file: bool
    problem: str
    shipment_id: int | None
    asked_at: datetime
    lines: tuple["ShipmentLineData", ...]
    has_customs: bool = False
    """It declares what is inside, because it crosses a customs border."""


@dataclass(frozen=True, kw_only=True)
class CustomsItemData:
    """What customs are told of one SKU."""

    description: str
    hs_code: str
    origin_country: str
    """Where it was made."""
    value_minor: int | None = None
    """Of one, in the base currency; None declares what was paid."""


@dataclass(frozen=True, kw_only=True)
class CustomsPaper:
    """A label's declaration with everything that its paper says."""

    label_id: int
    number: str
    asked_on: date
    tracking_number: str
    carrier: str
    service: str
    weight_grams: int
    origin: Mapping[str, str]
    destination: Mapping[str, str]
    customs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LabelCost:
    """What a label cost, and whom."""

    seller_id: int
    seller_order_id: int
    cost: Money
    tracking_number: str
    is_sellers: bool = True
    """Whether the seller pays it, and not the marketplace."""


@dataclass(frozen=True, kw_only=True)
class TrackingEventData:
    """One thing that a carrier said of a parcel."""

    at: datetime
    status: str
    message: str
    place: str


@dataclass(frozen=True, kw_only=True)
class CarrierData:
    """A parcel service."""

    code: str
    name: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class ShipmentLineData:
    order_line_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class ShipmentData:
    """One parcel under way or delivered."""

    id: int
    seller_order_id: int
    seller_id: int
    carrier: str
    carrier_code: str
    tracking_number: str
    tracking_url: str
    state: str
    shipped_at: datetime
    delivered_at: datetime | None
    lines: tuple[ShipmentLineData, ...]
    carrier_phone: str = ""
    status: str = ""
    expected_on: date | None = None
    label_id: int | None = None
    location_id: int | None = None
    origin: Mapping[str, str] = field(default_factory=dict)
    destination: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_pick_up(self) -> bool:
        return self.carrier_code == "pick-up"


@dataclass(frozen=True, kw_only=True)
class PackingLine:
    sku: str
    title: str
    options: tuple[str, ...]
    quantity: int
    ordered: int


@dataclass(frozen=True, kw_only=True)
class PackingSlip:
    """The paper that goes into a parcel: what is in it and who gets it. No prices."""

    seller_id: int
    number: str
    order_number: str
    placed_at: datetime
    ship_to: AddressData
    method: str
    carrier: str
    lines: tuple[PackingLine, ...]
