"""Writes: what sellers offer, parcels, labels and tracking, each in a file of its own."""

from django.db import transaction

from .customs import CustomsMissing, InvalidCustoms, checked_customs, set_customs
from .ending import lose_parcels, replacement_sent, settle_ended, settle_part
from .labels import (
    InvalidParcel,
    LabelPending,
    LabelRefused,
    NoOrigin,
    NotVoidable,
    TooDear,
    buy_label,
    label_offers,
    settle_labels,
    void_label,
)
from .live_rates import forget_old_rates, refresh_rates
from .models import Carrier
from .offering import (
    DispatchPlan,
    InvalidMethod,
    InvalidPlace,
    InvalidPlan,
    NameTaken,
    NotFound,
    UnknownCarrier,
    ZoneInUse,
    delete_zone,
    open_dispatch,
    save_zone,
    set_dispatch,
    set_pick_up_point,
    set_shipping_method,
    withdraw_shipping_method,
)
from .return_labels import ask_return_label, finish_return_label, return_offers
from .sending import (
    InvalidTracking,
    NothingToShip,
    NotLabeled,
    NotPickedUp,
    NotShippable,
    TooMany,
    deliver,
    hand_over,
    make_ready,
    promise,
    ship,
    start_packing,
)
from .tracking import poll_parcels, record_tracking
from .verifying import AddressDoubted, Verification, verifies, verify_address

__all__ = [
    "AddressDoubted",
    "CustomsMissing",
    "DispatchPlan",
    "InvalidCustoms",
    "InvalidMethod",
    "InvalidParcel",
    "InvalidPlace",
    "InvalidPlan",
    "InvalidTracking",
    "LabelPending",
    "LabelRefused",
    "NameTaken",
    "NoOrigin",
    "NotFound",
    "NotLabeled",
    "NotPickedUp",
    "NotShippable",
    "NotVoidable",
    "NothingToShip",
    "TooDear",
    "TooMany",
    "UnknownCarrier",
    "Verification",
    "ZoneInUse",
    "add_carrier",
    "ask_return_label",
    "buy_label",
    "checked_customs",
    "delete_zone",
    "deliver",
    "finish_return_label",
    "forget_old_rates",
    "hand_over",
    "label_offers",
    "lose_parcels",
    "make_ready",
    "open_dispatch",
    "poll_parcels",
    "promise",
    "record_tracking",
    "refresh_rates",
    "replacement_sent",
    "return_offers",
    "save_zone",
    "set_customs",
    "set_dispatch",
    "set_pick_up_point",
    "set_shipping_method",
    "settle_ended",
    "settle_labels",
    "settle_part",
    "ship",
    "start_packing",
    "verifies",
    "verify_address",
    "void_label",
    "withdraw_shipping_method",
]


@transaction.atomic
def add_carrier(*, code: str, name: str, tracking_url: str = "", phone: str = "") -> None:
    """Add a parcel service or correct it; repeating it changes nothing."""
    Carrier.objects.update_or_create(
        code=code, defaults={"name": name, "tracking_url": tracking_url, "phone": phone}
    )
