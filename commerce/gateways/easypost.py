"""EasyPost behind the protocol: one account for a hundred parcel services. Plain REST."""

import hashlib
import hmac
import json
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from commerce.kernel.money import exponent

from . import carrier_calls
from .carrier_calls import LABEL_SECONDS, PRICE_SECONDS, address_breaker, ask
from .carriers import (
    AddressFinding,
    AddressProblem,
    BoughtLabel,
    CarrierRefused,
    CarrierUnavailable,
    NotAuthentic,
    ParcelRequest,
    Prepared,
    RateData,
    TrackedEvent,
    TrackingUpdate,
    VoidState,
)

API = "https://api.easypost.com"
_GRAMS_PER_OUNCE = Decimal("28.349523125")
_MM_PER_INCH = Decimal("25.4")
_CARRIERS = {"usps": "USPS", "ups": "UPS", "fedex": "FedEx", "dhl": "DHLExpress", "dpd": "DPD"}
_OURS = {theirs.lower(): ours for ours, theirs in _CARRIERS.items()}
_FIELDS = {
    "name": "name", "company": "company", "street1": "line1", "street2": "line2", "city": "city",
    "state": "region", "zip": "postal_code", "country": "country", "phone": "phone",
}  # fmt: skip
# Names of what was not found begin so; of a failure without one nothing follows.
_PROBLEMS: dict[str, AddressProblem] = {
    "E.ADDRESS.NOT_FOUND": "address", "E.ADDRESS.INVALID": "address",
    "E.ADDRESS.INSUFFICIENT": "address", "E.ADDRESS.MULTIPLE": "address",
    "E.ADDRESS.DELIVERY": "address", "E.HOUSE_NUMBER.": "house", "E.STREET.": "street",
    "E.DIRECTIONAL.": "street", "E.BOX_NUMBER.": "box", "E.SECONDARY_INFORMATION.": "apartment",
    "E.CITY_STATE.": "place", "E.CITY.": "place", "E.STATE.": "place", "E.ZIP.": "place",
}  # fmt: skip


class EasyPostGateway:
    name = "easypost"

    def __init__(self, *, key: str, api_base: str, webhook_secrets: tuple[str, ...]) -> None:
        self._base = (api_base or API).rstrip("/")
        self._secrets = webhook_secrets
        self._headers = {
            "Authorization": "Basic " + b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
            "User-Agent": "Stoa",
        }

    def _ask(self, method: str, path: str, *, what: str, **more: Any) -> dict[str, Any]:
        return ask(method, f"{self._base}/v2{path}", what=what, headers=self._headers, **more)

    def rates(self, *, request: ParcelRequest) -> tuple[RateData, ...]:
        return self._prepare(request, seconds=PRICE_SECONDS).rates

    def verify(self, *, address: Mapping[str, str]) -> AddressFinding | None:
        answer = self._ask(
            "POST", "/addresses", what="verify address", fuse=address_breaker,
            body={"address": _address(address), "verify": ["delivery"]}, seconds=PRICE_SECONDS,
        )  # fmt: skip
        return _finding(answer)

    def prepare(self, *, request: ParcelRequest) -> Prepared:
        return self._prepare(request, seconds=LABEL_SECONDS)

    def _prepare(self, request: ParcelRequest, *, seconds: float) -> Prepared:
        body = {"shipment": _as_shipment(request)}
        return _prepared(
            self._ask("POST", "/shipments", what="prepare", body=body, seconds=seconds)
        )

    def find(self, *, reference: str) -> Prepared | None:
        try:
            return _prepared(self._shipment(reference))
        except CarrierRefused as refusal:
            if "NOT_FOUND" in refusal.code.upper():
                return None
            raise

    def _shipment(self, name: str) -> dict[str, Any]:
        return self._ask("GET", f"/shipments/{quote(name, safe='')}", what="look at parcel")

    def buy(self, *, provider_id: str, rate_id: str) -> BoughtLabel:
        path = f"/shipments/{quote(provider_id, safe='')}/buy"
        try:
            answer = self._ask("POST", path, what="buy label", body={"rate": {"id": rate_id}})
        except CarrierRefused:
            # Refused also when it has one already, which the look at it tells.
            known = self.bought(provider_id=provider_id)
            if known is None:
                raise
            return known
        return _bought(answer)

    def bought(self, *, provider_id: str) -> BoughtLabel | None:
        shipment = self._shipment(provider_id)
        return _bought(shipment) if shipment.get("postage_label") else None

    def file(self, *, url: str) -> bytes:
        # The address is the service's word; it must not lead into our own network.
        if not url.startswith(("https://", f"{self._base}/")):
            raise CarrierUnavailable("fetch label: not an address to fetch from")
        own = urlsplit(url).netloc == urlsplit(self._base).netloc
        return carrier_calls.fetch(
            "GET", url, what="fetch label", headers=self._headers if own else {},
            seconds=LABEL_SECONDS,
        )  # fmt: skip

    def void(self, *, provider_id: str) -> VoidState:
        path = f"/shipments/{quote(provider_id, safe='')}/refund"
        answer = self._ask("POST", path, what="void label", body={})
        status = str(answer.get("refund_status") or "")
        return "accepted" if status in ("submitted", "refunded") else "refused"

    def watch(self, *, carrier: str, tracking_number: str) -> str:
        known = _CARRIERS.get(carrier)
        if known is None:
            raise CarrierRefused("unknown-carrier", f"{carrier} is not followed")
        body = {"tracker": {"tracking_code": tracking_number, "carrier": known}}
        return _known(self._ask("POST", "/trackers", what="watch parcel", body=body)).tracker_id

    def track(self, *, tracker_id: str) -> TrackingUpdate:
        path = f"/trackers/{quote(tracker_id, safe='')}"
        return _known(self._ask("GET", path, what="track parcel"))

    def parse_webhook(self, *, body: bytes, signature: str) -> TrackingUpdate | None:
        given = signature.encode()
        if not any(hmac.compare_digest(_sign(body, secret), given) for secret in self._secrets):
            raise NotAuthentic("the signature does not match")
        try:
            event = json.loads(body)
            result = event["result"]
            if not str(event.get("description", "")).startswith("tracker."):
                return None
            return _update(result)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotAuthentic("signed, but no notice") from error


def _sign(body: bytes, secret: str) -> bytes:
    key = unicodedata.normalize("NFKD", secret).encode()
    return b"hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest().encode()


def _as_shipment(request: ParcelRequest) -> dict[str, Any]:
    parcel: dict[str, float] = {
        "weight": float(round(Decimal(request.weight_grams) / _GRAMS_PER_OUNCE, 1)) or 0.1
    }
    for side, size in zip(("length", "width", "height"), request.sizes_mm, strict=False):
        parcel[side] = float(round(Decimal(size) / _MM_PER_INCH, 1))
    # A return is asked for by the addresses of the way out; the service swaps them itself.
    sender, receiver = request.origin, request.destination
    if request.is_return:
        sender, receiver = receiver, sender
    return {
        "reference": request.reference,
        "to_address": _address(receiver),
        "from_address": _address(sender),
        **({"is_return": True} if request.is_return else {}),
        "parcel": parcel,
        "options": {"label_format": "PDF"},
        **({"customs_info": _customs(request.customs)} if request.customs else {}),
    }


def _customs(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Goods that were sold; value and weight of an item are those of all its pieces."""
    currency = declared["currency"]
    return {
        "contents_type": declared.get("contents", "merchandise"),
        "restriction_type": "none",
        "non_delivery_option": "return",
        "customs_certify": True,
        "customs_signer": declared["signer"],
        # Below 2,500 dollars under one tariff number the US want no filing.
        "eel_pfc": "NOEEI 30.37(a)" if declared["from_us"] else None,
        "customs_items": [
            {
                "description": item["description"],
                "hs_tariff_number": item["hs_code"],
                "origin_country": item["origin_country"],
                "code": item["sku"][:20],
                "quantity": item["quantity"],
                "value": float(Decimal(item["value_minor"]).scaleb(-exponent(currency))),
                "currency": currency,
                "weight": float(round(Decimal(item["weight_grams"]) / _GRAMS_PER_OUNCE, 1)) or 0.1,
            }
            for item in declared["items"]
        ],
    }


def _address(given: Mapping[str, str]) -> dict[str, str]:
    return {theirs: given.get(ours, "") for theirs, ours in _FIELDS.items()}


def _finding(answer: dict[str, Any]) -> AddressFinding | None:
    try:
        delivery = answer["verifications"]["delivery"]
        reaches = delivery["success"]
        codes = [str(error.get("code") or "") for error in delivery.get("errors") or ()]
        written = {ours: str(answer.get(theirs) or "") for theirs, ours in _FIELDS.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise CarrierUnavailable(f"the answer makes no sense: {error!r}") from error
    if not isinstance(reaches, bool):
        raise CarrierUnavailable("the answer makes no sense: neither yes nor no")
    problems = tuple(
        dict.fromkeys(
            ours for code in codes for begin, ours in _PROBLEMS.items() if code.startswith(begin)
        )
    )
    if not reaches and not problems:
        return None
    return AddressFinding(reaches=reaches, written=written, problems=problems)


def _prepared(shipment: dict[str, Any]) -> Prepared:
    try:
        rates = tuple(_rate(rate) for rate in shipment.get("rates") or ())
        return Prepared(provider_id=str(shipment["id"]), rates=rates)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise CarrierUnavailable(f"the answer makes no sense: {error!r}") from error


def _rate(rate: dict[str, Any]) -> RateData:
    days = rate.get("delivery_days") or rate.get("est_delivery_days")
    return RateData(
        id=str(rate["id"]),
        carrier=_OURS.get(str(rate["carrier"]).lower(), str(rate["carrier"]).lower())[:50],
        service=str(rate["service"])[:60],
        amount_minor=_minor(rate["rate"], str(rate["currency"])),
        currency=str(rate["currency"]),
        days=None if days is None else int(days),
    )


def _minor(amount: str, currency: str) -> int:
    minor = int(Decimal(amount).scaleb(exponent(currency)).to_integral_value())
    if minor < 0:
        raise InvalidOperation(f"{amount} is below zero")
    return minor


def _bought(shipment: dict[str, Any]) -> BoughtLabel:
    try:
        rate = _rate(shipment["selected_rate"])
        label = shipment["postage_label"]
        return BoughtLabel(
            provider_id=str(shipment["id"]),
            carrier=rate.carrier,
            service=rate.service,
            cost_minor=rate.amount_minor,
            currency=rate.currency,
            tracking_number=str(shipment["tracking_code"])[:60],
            tracker_id=str((shipment.get("tracker") or {}).get("id") or ""),
            file_url=str(label.get("label_pdf_url") or label.get("label_url") or ""),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise CarrierUnavailable(f"the answer makes no sense: {error!r}") from error


def _known(tracker: dict[str, Any]) -> TrackingUpdate:
    try:
        return _update(tracker)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CarrierUnavailable(f"the answer makes no sense: {error!r}") from error


def _update(tracker: dict[str, Any]) -> TrackingUpdate:
    expected = _moment(tracker.get("est_delivery_date"))
    return TrackingUpdate(
        tracker_id=str(tracker["id"]),
        tracking_number=str(tracker.get("tracking_code") or "")[:60],
        status=str(tracker.get("status") or "unknown")[:30],
        expected_on=expected.date() if expected else None,
        events=tuple(
            event for detail in tracker.get("tracking_details") or () if (event := _event(detail))
        ),
    )


def _event(detail: dict[str, Any]) -> TrackedEvent | None:
    at = _moment(detail.get("datetime"))
    if at is None:
        return None
    where = detail.get("tracking_location") or {}
    place = ", ".join(str(where[key]) for key in ("city", "state", "country") if where.get(key))
    return TrackedEvent(
        at=at,
        status=str(detail.get("status") or "unknown")[:30],
        message=str(detail.get("message") or detail.get("description") or "")[:300],
        place=place[:120],
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def gateway_from_settings() -> EasyPostGateway:
    return _gateway(
        settings.EASYPOST_API_KEY,
        settings.EASYPOST_API_BASE,
        tuple(settings.EASYPOST_WEBHOOK_SECRETS),
    )


@lru_cache(maxsize=4)
def _gateway(key: str, api_base: str, secrets: tuple[str, ...]) -> EasyPostGateway:
    return EasyPostGateway(key=key, api_base=api_base, webhook_secrets=secrets)
