"""What a seller offers: zones, ways to send, where orders are picked up, when parcels leave."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import available_timezones

from django.db import transaction

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.inventory import queries as inventory

from .models import Bracket, Carrier, Dispatch, PickUpPoint, ShippingMethod, Zone
from .places import InvalidPlace, countries_in, normalized

MOST_BRACKETS = 50
MOST_CLOSED_DAYS = 100
MOST_HANDLING_DAYS = 60
PICK_UP = "pick-up"
_NAME = 60


class NotFound(LookupError):
    """The seller has no such order, parcel, zone or method; somebody else's counts as none."""


class UnknownCarrier(ValueError):
    """No carrier has that code."""

    def __init__(self, code: str) -> None:
        super().__init__("Choose a carrier from the list.")
        self.code = code


class NameTaken(ValueError):
    """The seller has another zone or method of this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"You have another one of the name “{name}”. Choose a different name.")


class InvalidMethod(ValueError):
    """What was said of a method does not go together; `field` tells where."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class ZoneInUse(ValueError):
    """Ways to ship that are offered go to this zone."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        super().__init__(f"{', '.join(names)} still sends there. Give it another zone first.")


class InvalidPlan(ValueError):
    """A time zone, a week or a number of days that cannot be; `field` tells which."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class DispatchPlan:
    """When and from where a seller hands parcels over."""

    country: str
    time_zone: str
    handling_days: int
    cutoff: time
    working_days: Sequence[int]
    closed_days: Sequence[date] = ()
    origin: AddressData | None = None


@transaction.atomic
def save_zone(
    *, seller_id: int, name: str, places: Iterable[str], zone_id: int | None = None
) -> int:
    """Name a set of places, or change one; returns its id.

    Orders keep what was agreed when they were placed. Raises InvalidPlace,
    NameTaken, NotFound.
    """
    checked = normalized(places)
    zone = _own_zone(seller_id, zone_id) if zone_id else Zone(seller_id=seller_id)
    zone.name, zone.places = name, checked
    if Zone.objects.filter(seller_id=seller_id, name=name).exclude(pk=zone.pk).exists():
        raise NameTaken(name)
    zone.save()
    ShippingMethod.objects.filter(zone=zone).update(countries=countries_in(checked))
    return zone.pk


@transaction.atomic
def delete_zone(*, seller_id: int, zone_id: int) -> None:
    """Forget a zone that no offered method goes to. Raises ZoneInUse, NotFound."""
    zone = _own_zone(seller_id, zone_id)
    methods = ShippingMethod.objects.filter(zone=zone)
    offered = list(methods.filter(is_active=True).values_list("name", flat=True).order_by("name"))
    if offered:
        raise ZoneInUse(offered)
    # A withdrawn way is offered again only by its form, where its zone is chosen anew.
    methods.update(zone=None, is_active=False)
    zone.delete()


def _own_zone(seller_id: int, pk: int) -> Zone:
    found = Zone.objects.filter(pk=pk, seller_id=seller_id).first()
    if found is None:
        raise NotFound(pk)
    return found


@transaction.atomic
def set_shipping_method(
    *,
    seller_id: int,
    name: str,
    currency: str,
    base_minor: int,
    days: tuple[int, int],
    carrier_code: str = "",
    kind: str = "table",
    zone_id: int | None = None,
    countries: Iterable[str] | None = None,
    location_id: int | None = None,
    service: str = "",
    basis: str = "weight",
    brackets: Iterable[tuple[int, int]] = (),
    per_kg_minor: int = 0,
    per_piece_minor: int = 0,
    free_from_minor: int | None = None,
    max_weight_grams: int = 30_000,
    method_id: int | None = None,
) -> int:
    """Offer a way to send parcels, or change the one of that id or name; returns its id.

    It reaches a zone, or the countries (kept as a zone), or without both everywhere.
    Orders keep what was agreed when they were placed. Raises UnknownCarrier,
    InvalidMethod, InvalidPlace, NameTaken, NotFound.
    """
    carrier = _carrier(carrier_code, kind)
    zone = _zone(seller_id, zone_id, countries)
    _check(seller_id, kind, location_id, service)
    steps = _checked_brackets(brackets)
    method = _method(seller_id, name, method_id)
    for field, value in {
        "name": name,
        "carrier": carrier,
        "kind": kind,
        "zone": zone,
        "countries": countries_in(zone.places) if zone else [],
        "location_id": location_id,
        "service": service,
        "currency": currency,
        "basis": basis,
        "base_minor": base_minor,
        "per_kg_minor": per_kg_minor,
        "per_piece_minor": per_piece_minor,
        "free_from_minor": free_from_minor,
        "min_days": min(days),
        "max_days": max(days),
        "max_weight_grams": max_weight_grams,
        "is_active": True,
    }.items():
        setattr(method, field, value)
    method.save()
    Bracket.objects.filter(method=method).delete()
    Bracket.objects.bulk_create(
        Bracket(method=method, from_value=start, price_minor=price) for start, price in steps
    )
    return method.pk


def _carrier(code: str, kind: str) -> Carrier:
    wanted = PICK_UP if kind == ShippingMethod.Kind.PICKUP else code
    carrier = Carrier.objects.filter(code=wanted).first()
    if carrier is None:
        raise UnknownCarrier(code)
    return carrier


def _zone(seller_id: int, zone_id: int | None, countries: Iterable[str] | None) -> Zone | None:
    if zone_id is not None:
        return _own_zone(seller_id, zone_id)
    if not countries:
        return None
    places = normalized(countries)
    known = Zone.objects.filter(seller_id=seller_id, places=places).first()
    if known is not None:
        return known
    wanted = ", ".join(places)
    name = wanted if len(wanted) <= _NAME else f"{len(places)} countries"
    for number in range(2, 1000):
        if not Zone.objects.filter(seller_id=seller_id, name=name).exists():
            break
        name = f"{len(places)} countries ({number})"
    return Zone.objects.create(seller_id=seller_id, name=name, places=places)


def _check(seller_id: int, kind: str, location_id: int | None, service: str) -> None:
    own = {place.id for place in inventory.locations_of(seller_id=seller_id)}
    if location_id is not None and location_id not in own:
        raise NotFound(location_id)
    if kind == ShippingMethod.Kind.LIVE and not service:
        raise InvalidMethod("service", "Name the carrier's service whose price is asked for.")
    if kind == ShippingMethod.Kind.PICKUP and (
        location_id is None or not PickUpPoint.objects.filter(location_id=location_id).exists()
    ):
        raise InvalidMethod(
            "location", "Choose a location that has an address and opening hours for pick-up."
        )


def _checked_brackets(brackets: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    steps = sorted(brackets)
    if len(steps) > MOST_BRACKETS:
        raise InvalidMethod("brackets", f"A table has at most {MOST_BRACKETS} rows.")
    if any(start <= 0 or price < 0 for start, price in steps):
        raise InvalidMethod("brackets", "Each row starts above 0 and costs nothing or more.")
    if len({start for start, _ in steps}) < len(steps):
        raise InvalidMethod("brackets", "Two rows start at the same value.")
    return steps


def _method(seller_id: int, name: str, method_id: int | None) -> ShippingMethod:
    own = ShippingMethod.objects.filter(seller_id=seller_id)
    named = own.filter(name=name).first()
    if method_id is None:
        return named or ShippingMethod(seller_id=seller_id)
    method = own.filter(pk=method_id).first()
    if method is None:
        raise NotFound(method_id)
    if named is not None and named.pk != method.pk:
        raise NameTaken(name)
    return method


@transaction.atomic
def withdraw_shipping_method(*, seller_id: int, method_id: int) -> None:
    """Offer a method no longer; repeating it changes nothing. Raises NotFound."""
    if not ShippingMethod.objects.filter(pk=method_id, seller_id=seller_id).update(is_active=False):
        raise NotFound(method_id)


@transaction.atomic
def set_pick_up_point(
    *, seller_id: int, location_id: int, address: AddressData, opening_hours: str
) -> None:
    """Say where and when a location's goods can be picked up.

    Raises InvalidAddress (of accounts) and NotFound.
    """
    if location_id not in {place.id for place in inventory.locations_of(seller_id=seller_id)}:
        raise NotFound(location_id)
    checked = accounts.check_address(address=address)
    PickUpPoint.objects.update_or_create(
        location_id=location_id,
        defaults={"address": checked.as_dict(), "opening_hours": opening_hours.strip()[:500]},
    )


@transaction.atomic
def open_dispatch(*, seller_id: int, country: str) -> None:
    """Give a seller a plan of its country, unless it has one."""
    Dispatch.objects.get_or_create(seller_id=seller_id, defaults={"country": country})


@transaction.atomic
def set_dispatch(*, seller_id: int, plan: DispatchPlan) -> None:
    """Say when and from where a seller hands parcels over; new promises follow it.

    Raises InvalidPlan and InvalidAddress (of accounts).
    """
    if plan.time_zone not in available_timezones():
        raise InvalidPlan("time_zone", "Choose a time zone from the list.")
    if not 0 <= plan.handling_days <= MOST_HANDLING_DAYS:
        raise InvalidPlan("handling_days", f"Enter 0 to {MOST_HANDLING_DAYS} days.")
    if not set(plan.working_days) or not set(plan.working_days) <= set(range(7)):
        raise InvalidPlan("working_days", "Choose at least one day of the week.")
    if len(plan.closed_days) > MOST_CLOSED_DAYS:
        raise InvalidPlan("closed_days", f"Enter at most {MOST_CLOSED_DAYS} days.")
    origin = accounts.check_address(address=plan.origin).as_dict() if plan.origin else {}
    Dispatch.objects.update_or_create(
        seller_id=seller_id,
        defaults={
            "country": plan.country,
            "time_zone": plan.time_zone,
            "handling_days": plan.handling_days,
            "cutoff": plan.cutoff,
            "working_days": sorted(set(plan.working_days)),
            "closed_days": sorted(set(plan.closed_days)),
            "origin": origin,
        },
    )


__all__ = [
    "DispatchPlan",
    "InvalidMethod",
    "InvalidPlace",
    "InvalidPlan",
    "NameTaken",
    "NotFound",
    "UnknownCarrier",
    "ZoneInUse",
    "delete_zone",
    "open_dispatch",
    "save_zone",
    "set_dispatch",
    "set_pick_up_point",
    "set_shipping_method",
    "withdraw_shipping_method",
]
