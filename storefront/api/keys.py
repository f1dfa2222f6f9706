"""Who calls: a seller's system, by a key; how often it may."""

import time

from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer

from commerce.hooks import operations as hooks

from .problems import Problem

PER_MINUTE = 120
WRONG_PER_MINUTE = 30
SHOWN = 13
"""Letters of a key that are no secret."""


class SellerKey(HttpBearer):
    """A key with a scope; sets `request.seller_id` and the name under which it acts."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        network = str(request.META.get("REMOTE_ADDR", ""))
        if _count(f"wrong:{network}", add=0) >= WRONG_PER_MINUTE:
            raise Problem(429, "Too many wrong keys", "Wait a minute before you try again.")
        try:
            seller_id, name = hooks.authenticate(key=token, scope=self.scope)
        except hooks.KeyEnded as ended:
            _slow_down(token[:SHOWN])
            raise Problem(
                401,
                "This key has ended",
                "It was revoked, or who made it is no owner of the shop any more. An owner makes"
                " a new one in the workspace under Stock, Connections.",
            ) from ended
        except hooks.ShopClosed as shop:
            _slow_down(token[:SHOWN])
            raise Problem(
                403,
                f"The shop is {shop.state}",
                "Its keys work again when it sells again. Ask the marketplace about it.",
            ) from shop
        except hooks.KeyRefused:
            _count(f"wrong:{network}")
            return None
        _slow_down(name)
        request.seller_id = seller_id  # type: ignore[attr-defined]
        return name


def _slow_down(name: str) -> None:
    """Count a request by a key, whatever is answered. Raises Problem."""
    if _count(name) > PER_MINUTE:
        raise Problem(
            429,
            "Too many requests",
            f"A key may send {PER_MINUTE} requests a minute. Send more rows in one batch.",
        )


def _count(what: str, *, add: int = 1) -> int:
    """Count in this minute; the cache may be away, and then the database counts."""
    key = f"api:{what}:{int(time.time() // 60)}"
    if not add:
        return int(cache.get(key, 0))
    cache.add(key, 0, timeout=120)
    try:
        return int(cache.incr(key, add))
    except ValueError:  # it expired in between
        return add
