"""Who knows tax rates by address: a protocol, and TaxJar behind it. Plain REST.

An outside service is asked for rates, not for amounts: the arithmetic stays in one
place, where it is tested, and an order can be priced while the service is away.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import structlog
import urllib3
from django.conf import settings

from .breaker import CircuitBreaker
from .calling import refuse_inside_transaction

log = structlog.get_logger(__name__)

API = "https://api.taxjar.com"
CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
LARGEST_ANSWER = 200_000
HIGHEST_BPS = 10_000


class TaxesUnavailable(Exception):
    """The service is away, or does not know the place; what is known already stays."""


@dataclass(frozen=True, kw_only=True)
class Place:
    country: str
    region: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, kw_only=True)
class PlaceRateData:
    tax_class: str
    name: str
    rate_bps: int


class TaxEngine(Protocol):
    """Whatever can tell the rates of a place."""

    name: str

    def rates(self, *, place: Place) -> list[PlaceRateData]:
        """Return the rates by tax class; classes it does not know are left to the tables.

        The class "shipping" is returned where shipping is taxed otherwise than goods.
        Raises TaxesUnavailable and InTransaction.
        """
        ...


class Tables:
    """The rates that staff keep, and nothing beside them."""

    name = "tables"

    def rates(self, *, place: Place) -> list[PlaceRateData]:
        return []


class TaxJar:
    """Rates by address in the US, by country elsewhere."""

    name = "taxjar"

    def __init__(self, *, key: str, api_base: str = "") -> None:
        self._base = (api_base or API).rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "Stoa"}
        self._breaker = CircuitBreaker(threshold=3, pause=30.0)
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=4, retries=False)

    def rates(self, *, place: Place) -> list[PlaceRateData]:
        query = {"country": place.country, "state": place.region, "city": place.city}
        asked = urlencode({name: value for name, value in query.items() if value})
        path = f"/v2/rates/{quote(place.postal_code or '0', safe='')}"
        answer = self._get(f"{self._base}{path}?{asked}")
        rate = answer.get("rate")
        if not isinstance(rate, dict):
            raise TaxesUnavailable("the answer holds no rate")
        return _of_an_address(rate) if "combined_rate" in rate else _of_a_country(rate)

    def _get(self, url: str) -> dict[str, Any]:
        refuse_inside_transaction()
        if not self._breaker.allows():
            raise TaxesUnavailable("not asked, the service has been failing")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        try:
            response = self._pool.request(
                "GET", url, headers=self._headers, timeout=timeout, redirect=False
            )
            status, data = response.status, response.data[: LARGEST_ANSWER + 1]
        except urllib3.exceptions.HTTPError as error:
            self._failed(repr(error))
            raise TaxesUnavailable(type(error).__name__) from error
        if status >= 500 or status in (401, 403, 429):
            self._failed(f"status {status}")
            raise TaxesUnavailable(f"answered {status}")
        self._breaker.succeeded()
        if status != 200:  # it does not know the place
            raise TaxesUnavailable(f"answered {status}")
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise TaxesUnavailable("the answer is no JSON") from error
        if not isinstance(answer, dict):
            raise TaxesUnavailable("the answer is no object")
        return answer

    def _failed(self, problem: str) -> None:
        self._breaker.failed()
        log.warning("taxes.failed", error=problem)


def get_tax_engine() -> TaxEngine:
    """Return the engine that settings name."""
    if settings.TAX_ENGINE == "taxjar":
        return _taxjar(settings.TAXJAR_API_KEY, settings.TAXJAR_API_BASE)
    return Tables()


@lru_cache(maxsize=4)
def _taxjar(key: str, api_base: str) -> TaxJar:
    return TaxJar(key=key, api_base=api_base)


def _of_an_address(rate: Mapping[str, Any]) -> list[PlaceRateData]:
    bps = _bps(rate["combined_rate"])
    name = f"{rate.get('state') or rate.get('country') or ''} sales tax".strip()
    found = [PlaceRateData(tax_class="standard", name=name[:40], rate_bps=bps)]
    if rate.get("freight_taxable") is False:
        found.append(PlaceRateData(tax_class="shipping", name="Shipping is not taxed", rate_bps=0))
    return found


def _of_a_country(rate: Mapping[str, Any]) -> list[PlaceRateData]:
    classes = {
        "standard": "standard_rate",
        "reduced": "reduced_rate",
        "super-reduced": "super_reduced_rate",
    }
    return [
        PlaceRateData(tax_class=tax_class, name=f"VAT {bps / 100:g}%", rate_bps=bps)
        for tax_class, key in classes.items()
        if rate.get(key) is not None and (bps := _bps(rate[key]))
    ]


def _bps(text: Any) -> int:
    try:
        bps = int((Decimal(str(text)) * 10_000).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        raise TaxesUnavailable(f"{text!r:.40} is no rate") from None
    if not 0 <= bps <= HIGHEST_BPS:
        raise TaxesUnavailable(f"{text!r:.40} is no share")
    return bps
