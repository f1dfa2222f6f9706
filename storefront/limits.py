"""How often somebody may try: per person or thing, and per network.

Counted in the shared cache, and in PostgreSQL while Redis is away (storefront.cache):
pulling that plug wins nobody a try. With both away nothing is served at all.
"""

import ipaddress
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many tries in a span of time, which begins anew for all at once."""

    name: str
    seconds: int
    each: int
    network: int
    private_networks: bool = True
    """Whether a private address counts too: it may be a proxy's, with everybody behind it."""


PAYING = Limit(name="pay", seconds=600, each=10, network=40, private_networks=False)
# Each opens a page at the provider.
GIFTS = Limit(name="gift", seconds=600, each=10, network=40, private_networks=False)
CODES = Limit(name="code", seconds=3600, each=10, network=20)
# Many shoppers of a mobile carrier share one address.
ADDRESSES = Limit(name="address", seconds=600, each=20, network=400, private_networks=False)
# Each may hold the goods of a cart for a while.
STARTING = Limit(name="start", seconds=600, each=30, network=400, private_networks=False)
PICTURES = Limit(name="pictures", seconds=3600, each=20, network=60, private_networks=False)
TRACKING = Limit(name="track", seconds=3600, each=10, network=10)


class TooOften(Exception):
    """The limit is reached; str() says when to try again."""

    def __init__(self, *, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        minutes = -(-wait_seconds // 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        super().__init__(f"That was often. Everything is kept as it is. Please try again {when}.")


def network_of(request: HttpRequest) -> str:
    """Return the address of IPv4, or the /64 that one customer of IPv6 has; "" when unknown."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    width = 32 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, width), strict=False))


def count(request: HttpRequest, limit: Limit, *, who: str = "") -> None:
    """Count a try of a request's network, and of `who` when given. Raises TooOften."""
    spent = [_add(key) > most for key, most in _keys(request, limit, who)]
    if any(spent):
        raise TooOften(wait_seconds=_left(limit))


def note(request: HttpRequest, limit: Limit, *, who: str = "") -> None:
    """Count a try that turned out wrong; the next `check` refuses when none is left."""
    for key, _ in _keys(request, limit, who):
        _add(key)


def check(request: HttpRequest, limit: Limit, *, who: str = "") -> None:
    """Raise TooOften when no try is left, counting none: for tries that only count when wrong."""
    if any(int(cache.get(key) or 0) >= most for key, most in _keys(request, limit, who)):
        raise TooOften(wait_seconds=_left(limit))


def answer(response: HttpResponse, refusal: TooOften) -> HttpResponse:
    """Tell machines, too, when to come back."""
    response.headers["Retry-After"] = str(refusal.wait_seconds)
    return response


def _keys(request: HttpRequest, limit: Limit, who: str) -> list[tuple[str, int]]:
    span = f"limit:{limit.name}:{limit.seconds}:{int(time.time()) // limit.seconds}"
    keys = [(f"{span}:{who}", limit.each)] if who else []
    network = network_of(request)
    if network and (limit.private_networks or ipaddress.ip_network(network).is_global):
        keys.append((f"{span}:net:{network}", limit.network))
    return keys


def _left(limit: Limit) -> int:
    return limit.seconds - int(time.time()) % limit.seconds


def _add(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first try
        seconds = int(key.split(":")[2])
        return 1 if cache.add(key, 1, seconds) else cache.incr(key)
