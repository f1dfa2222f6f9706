"""Who knows whether a VAT number is in use: a protocol, and the EU's VIES behind it. Plain REST.

VIES passes each question on to the country of the number, whose own register may be
away for hours. An answer is a yes, a no, or nothing; nothing is never taken for a yes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import structlog
import urllib3
from django.conf import settings

from .breaker import CircuitBreaker
from .calling import refuse_inside_transaction

log = structlog.get_logger(__name__)

API = "https://ec.europa.eu/taxation_customs/vies/rest-api"
CONNECT_SECONDS = 1.0
# Countries answer within one second or take many; a shopper does not wait for the latter.
READ_SECONDS = 3.0
LARGEST_ANSWER = 100_000


class RegisterUnavailable(Exception):
    """The register, or the country's behind it, gave no answer; the number may be in use."""


@dataclass(frozen=True, kw_only=True)
class VatAnswer:
    is_valid: bool
    consultation: str = ""
    """The register's own number of this answer; it is given to askers who name themselves."""


class VatRegister(Protocol):
    """Whatever can tell whether a VAT number is in use."""

    name: str

    def check(self, *, number: str, requester: str = "") -> VatAnswer:
        """Ask about a number, which begins with its country; `requester` is who asks.

        Raises RegisterUnavailable and InTransaction.
        """
        ...


class Vies:
    name = "vies"

    def __init__(self, *, api_base: str = "") -> None:
        self._url = f"{(api_base or API).rstrip('/')}/check-vat-number"
        self._breaker = CircuitBreaker(threshold=3, pause=30.0)
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=4, retries=False)

    def check(self, *, number: str, requester: str = "") -> VatAnswer:
        asked = {"countryCode": number[:2], "vatNumber": number[2:]}
        if requester:
            asked |= {
                "requesterMemberStateCode": requester[:2],
                "requesterNumber": requester[2:],
            }
        answer = self._post(asked)
        problem = _problem(answer)
        if problem == "INVALID_INPUT":
            return VatAnswer(is_valid=False)
        if problem or not isinstance(answer.get("valid"), bool):
            # A country that is away is no failure of the register itself: others answer.
            log.warning("vat_register.no_answer", country=number[:2], problem=problem)
            raise RegisterUnavailable(problem or "the answer is neither yes nor no")
        return VatAnswer(
            is_valid=answer["valid"],
            consultation=str(answer.get("requestIdentifier") or "")[:40],
        )

    def _post(self, asked: dict[str, str]) -> dict[str, Any]:
        refuse_inside_transaction()
        if not self._breaker.allows():
            raise RegisterUnavailable("not asked, the register has been failing")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        headers = {"Content-Type": "application/json", "User-Agent": "Stoa"}
        try:
            response = self._pool.request(
                "POST", self._url, body=json.dumps(asked), headers=headers, timeout=timeout,
                redirect=False,
            )  # fmt: skip
            status, data = response.status, response.data[: LARGEST_ANSWER + 1]
        except urllib3.exceptions.HTTPError as error:
            self._failed(repr(error))
            raise RegisterUnavailable(type(error).__name__) from error
        if status >= 500 or status in (401, 403, 429):
            self._failed(f"status {status}")
            raise RegisterUnavailable(f"answered {status}")
        self._breaker.succeeded()
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise RegisterUnavailable("the answer is no JSON") from error
        if not isinstance(answer, dict):
            raise RegisterUnavailable("the answer is no object")
        return answer

    def _failed(self, problem: str) -> None:
        self._breaker.failed()
        log.warning("vat_register.failed", error=problem)


def is_set_up() -> bool:
    """Whether there is a register to ask; without one the form of a number counts."""
    return bool(settings.VIES_CHECK)


def get_vat_register() -> VatRegister:
    """Return the register that settings name."""
    return _vies(settings.VIES_API_BASE)


@lru_cache(maxsize=4)
def _vies(api_base: str) -> Vies:
    return Vies(api_base=api_base)


def _problem(answer: Mapping[str, Any]) -> str:
    """Return the register's code for why it has no answer; it comes with status 200 as well."""
    wrappers = answer.get("errorWrappers")
    if isinstance(wrappers, list) and wrappers:
        first = wrappers[0]
        return str(first.get("error") if isinstance(first, Mapping) else first)[:60] or "unknown"
    if answer.get("actionSucceed") is False:
        return "unknown"
    said = str(answer.get("userError") or "").upper()
    return "" if said in ("", "VALID", "INVALID") else said[:60]
