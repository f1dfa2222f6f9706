from dataclasses import dataclass
from datetime import datetime

from commerce.accounts.types import AddressData
from commerce.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What one seller would have to send: enough to name a price for it."""

    seller_id: int
    country: str
    weight_grams: int
    goods_minor: int


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

    def as_dict(self) -> dict[str, object]:
        """What an order keeps of the choice."""
        return {
            "method_id": self.method_id,
            "name": self.name,
            "carrier": self.carrier,
            "min_days": self.min_days,
            "max_days": self.max_days,
        }


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
