"""How Stripe is called: time limits, retries, the fuse, and errors by our names."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import stripe
import structlog
import urllib3
from django.core.cache import cache

from .breaker import CircuitBreaker
from .calling import refuse_inside_transaction
from .payments import AWAY, GatewayRefused, GatewayUnavailable

# What our requests took and where they run is nobody else's business.
stripe.enable_telemetry = False

log = structlog.get_logger(__name__)
T = TypeVar("T")

CONNECT_SECONDS = 1.0
READ_SECONDS = 5.0
TRIES = 3
# A shopper waits for the answer: no retry begins after this.
PATIENCE_SECONDS = 2.0

# So long shoppers are told that the provider is away, unless it answers or fails again.
AWAY_SECONDS = 60

breaker = CircuitBreaker(threshold=4, pause=5.0)


class PooledClient(stripe.HTTPClient):
    """The SDK's transport on urllib3: pooled connections and strict time limits."""

    name = "urllib3"

    def __init__(self) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            num_pools=4,
            maxsize=8,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            ca_certs=stripe.ca_bundle_path,
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            response = self._pool.request(
                method.upper(), url, body=post_data, headers=dict(headers or {}), redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            problem = f"{type(error).__name__}: {error}"
            raise stripe.APIConnectionError(problem) from error  # type: ignore[no-untyped-call]
        return response.data.decode(), response.status, response.headers

    def close(self) -> None:
        self._pool.clear()


def ask(call: Callable[[], T], *, what: str) -> T:
    """Make one idempotent call, again a few times when it failed quickly.

    Raises GatewayUnavailable, GatewayRefused or InTransaction.
    """
    refuse_inside_transaction()
    started = time.monotonic()
    for attempt in range(1, TRIES + 1):
        if not breaker.allows():
            raise GatewayUnavailable(f"{what}: not asked, the provider has been failing")
        try:
            answer = call()
        except stripe.StripeError as error:
            if error.http_status == 401:  # our key is wrong: nobody refused this request
                raise GatewayUnavailable(f"{what}: the key is not accepted") from error
            if not _may_pass(error):
                breaker.succeeded()
                _refuse(error)
            if _is_replayed(error):
                # A failure kept under the key: the provider is well, and will say so for ever.
                raise GatewayUnavailable(f"{what}: {error}") from error
            breaker.failed()
            if breaker.is_open:
                cache.set(AWAY, True, AWAY_SECONDS)
            late = time.monotonic() - started > PATIENCE_SECONDS
            log.warning("gateway.failed", what=what, attempt=attempt, error=repr(error))
            if late or attempt == TRIES:
                raise GatewayUnavailable(f"{what}: {error}") from error
        else:
            if breaker.is_open:
                cache.delete(AWAY)
            breaker.succeeded()
            return answer
        time.sleep(0.1 * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - spreads retries
    raise AssertionError("the loop returns or raises")


def _is_replayed(error: stripe.StripeError) -> bool:
    return (error.headers or {}).get("Idempotent-Replayed") == "true"


def _may_pass(error: stripe.StripeError) -> bool:
    """Whether the same call may work a little later."""
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    status = error.http_status
    # 409: another request with the same key is running; 5xx: theirs.
    return status is None or status == 409 or status >= 500


def _refuse(error: stripe.StripeError) -> NoReturn:
    code = error.code or type(error).__name__
    raise GatewayRefused(str(code), error.user_message or str(error)) from error
