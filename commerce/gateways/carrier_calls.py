"""How a parcel service is called: time limits, the fuse, and errors by our names."""

import json
from typing import Any

import structlog
import urllib3

from .breaker import CircuitBreaker
from .calling import refuse_inside_transaction
from .carriers import CarrierRefused, CarrierUnavailable

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 1.0
# A shopper waits for prices; a label takes the services behind the service longer.
PRICE_SECONDS = 2.0
LABEL_SECONDS = 15.0
LARGEST_ANSWER = 5_000_000

breaker = CircuitBreaker(threshold=4, pause=5.0)
# Addresses are looked up elsewhere than prices: what fails there must not cost us these.
address_breaker = CircuitBreaker(threshold=4, pause=5.0)
_pool = urllib3.PoolManager(num_pools=4, maxsize=8, retries=False)


def ask(
    method: str,
    url: str,
    *,
    what: str,
    headers: dict[str, str],
    body: Any = None,
    seconds: float = LABEL_SECONDS,
    fuse: CircuitBreaker = breaker,
) -> dict[str, Any]:
    """Make one call and read its JSON. Raises CarrierUnavailable, CarrierRefused, InTransaction."""
    payload = None if body is None else json.dumps(body)
    data = fetch(method, url, what=what, headers=headers, body=payload, seconds=seconds, fuse=fuse)
    try:
        answer = json.loads(data)
    except ValueError as error:
        raise CarrierUnavailable(f"{what}: the answer is no JSON") from error
    if not isinstance(answer, dict):
        raise CarrierUnavailable(f"{what}: the answer is no object")
    return answer


def fetch(
    method: str,
    url: str,
    *,
    what: str,
    headers: dict[str, str],
    seconds: float,
    body: Any = None,
    fuse: CircuitBreaker = breaker,
) -> bytes:
    """Make one call and return what was answered, at most five megabytes."""
    refuse_inside_transaction()
    if not fuse.allows():
        raise CarrierUnavailable(f"{what}: not asked, the service has been failing")
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)
    try:
        response = _pool.request(
            method, url, body=body, headers=headers, timeout=timeout, redirect=False,
            preload_content=False,
        )  # fmt: skip
        data = response.read(LARGEST_ANSWER + 1, decode_content=True)
        response.drain_conn()
        response.release_conn()
    except urllib3.exceptions.HTTPError as error:
        _failed(fuse, what, repr(error))
        raise CarrierUnavailable(f"{what}: {type(error).__name__}") from error
    status = response.status
    if status >= 500 or status == 429:
        _failed(fuse, what, f"status {status}")
        raise CarrierUnavailable(f"{what}: answered {status}")
    fuse.succeeded()
    if status in (401, 403):  # our key is wrong: nobody refused this parcel
        log.error("carrier.key_refused", what=what, status=status)
        raise CarrierUnavailable(f"{what}: the key is not accepted")
    if status >= 400:
        raise _refusal(data, status)
    if len(data) > LARGEST_ANSWER:
        raise CarrierUnavailable(f"{what}: the answer is too long")
    return bytes(data)


def _failed(fuse: CircuitBreaker, what: str, problem: str) -> None:
    fuse.failed()
    log.warning("carrier.failed", what=what, error=problem)


def _refusal(data: bytes, status: int) -> CarrierRefused:
    try:
        error = json.loads(data)["error"]
        return CarrierRefused(str(error.get("code", status)), str(error.get("message", ""))[:300])
    except (ValueError, KeyError, TypeError, AttributeError):
        return CarrierRefused(str(status), "The parcel service refused without a reason.")
