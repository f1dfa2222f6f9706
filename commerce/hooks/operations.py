"""Writes of hooks: keys and addresses here, notices in sending."""

import hashlib
import hmac
import secrets

from django.db import transaction
from django.db.models.functions import Now

from commerce.gateways.hooks import AddressRefused, check_address
from commerce.kernel import actor, clock
from commerce.kernel.sealing import seal
from commerce.sellers import queries as sellers

from .keeping import reseal
from .models import ApiKey, Endpoint
from .sending import announce_stock, deliver, send_again, send_to, waiting_endpoints

__all__ = [
    "AddressRefused",
    "AddressTaken",
    "KeyEnded",
    "KeyRefused",
    "ShopClosed",
    "TooMany",
    "add_endpoint",
    "announce_stock",
    "authenticate",
    "create_key",
    "deliver",
    "enable_endpoint",
    "remove_endpoint",
    "reseal_secrets",
    "revoke_key",
    "send_again",
    "send_to",
    "waiting_endpoints",
]

MOST_KEYS = 20
MOST_ENDPOINTS = 10
PREFIX = "stoa_"
MARK = 8
"""Characters by which a key is looked up; the others are its secret."""


class TooMany(ValueError):
    """The seller has as many as one may have."""


class AddressTaken(ValueError):
    """The seller has this address already."""


class KeyRefused(Exception):
    """The key is none, or was revoked."""


class KeyEnded(KeyRefused):
    """The key was revoked, or whoever made it may not make keys any more."""


class ShopClosed(Exception):
    """The key is good, but its shop does not sell now."""

    def __init__(self, *, state: str) -> None:
        self.state = state
        super().__init__(f"the shop is {state}")


@transaction.atomic
def create_key(*, seller_id: int, name: str) -> str:
    """Return a new key of a seller; it is shown this once and kept as a hash. Raises TooMany."""
    if ApiKey.objects.filter(seller_id=seller_id, revoked_at=None).count() >= MOST_KEYS:
        raise TooMany(f"at most {MOST_KEYS} keys")
    mark, secret = secrets.token_hex(MARK // 2), secrets.token_urlsafe(32)
    key = f"{PREFIX}{mark}_{secret}"
    ApiKey.objects.create(
        seller_id=seller_id,
        name=name[:60],
        prefix=mark,
        secret_hash=_hash(key),
        created_by=actor.current()[:80],
    )
    return key


@transaction.atomic
def revoke_key(*, seller_id: int, key_id: int) -> bool:
    """End a key at once; False when the seller has no such key that still works."""
    own = ApiKey.objects.filter(pk=key_id, seller_id=seller_id, revoked_at=None)
    return bool(own.update(revoked_at=Now()))


def authenticate(*, key: str, scope: str) -> tuple[int, str]:
    """Return the seller and the name by which a key acts.

    A key of another scope is refused like one that does not exist; that it was
    revoked is told to who knows all of it. Raises KeyRefused, KeyEnded, ShopClosed.
    """
    mark = key[len(PREFIX) : len(PREFIX) + MARK]
    row = None
    if key.startswith(PREFIX) and len(key) < 100 and key.isascii() and mark.isalnum():
        row = ApiKey.objects.filter(prefix=mark, scope=scope).first()
    # A key that is not there takes as long as one that is.
    if not hmac.compare_digest(_hash(key), row.secret_hash if row else _hash("")) or row is None:
        raise KeyRefused
    _check_still_works(row)
    if row.last_used_at is None or (clock.now() - row.last_used_at).total_seconds() > 60:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=Now())
    return row.seller_id, f"key:{row.prefix}"


def _check_still_works(row: ApiKey) -> None:
    """Refuse a key whose maker left or lost the right to it, and that of a shop out of business."""
    if row.revoked_at is not None or not _maker_stays(row):
        raise KeyEnded
    shop = sellers.sellers(seller_ids=[row.seller_id])[row.seller_id]
    if not shop.is_active:
        raise ShopClosed(state=shop.state)


def _maker_stays(row: ApiKey) -> bool:
    kind, _, user_id = row.created_by.partition(":")
    if kind != "user":
        return True
    people = sellers.members(seller_ids=[row.seller_id])[row.seller_id]
    return any(str(one.user_id) == user_id and one.role == "owner" for one in people)


@transaction.atomic
def add_endpoint(*, seller_id: int, url: str) -> tuple[int, str]:
    """Listen for a seller's stock at an address; returns its id and its secret.

    Raises AddressRefused, AddressTaken, TooMany.
    """
    check_address(url)
    own = Endpoint.objects.filter(seller_id=seller_id).exclude(state=Endpoint.State.REMOVED)
    if own.count() >= MOST_ENDPOINTS:
        raise TooMany(f"at most {MOST_ENDPOINTS} addresses")
    if own.filter(url=url).exists():
        raise AddressTaken(url)
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    row = Endpoint.objects.create(seller_id=seller_id, url=url, secret=seal(secret))
    return row.pk, secret


@transaction.atomic
def reseal_secrets() -> int:
    """Seal the secrets of all addresses under the first key; returns how many.

    Repeating it is safe. Raises CannotOpen when a key is missing.
    """
    return reseal(Endpoint)


@transaction.atomic
def enable_endpoint(*, seller_id: int, endpoint_id: int) -> bool:
    """Call a disabled address again; False when the seller has none such."""
    own = Endpoint.objects.filter(
        pk=endpoint_id, seller_id=seller_id, state=Endpoint.State.DISABLED
    )
    return bool(
        own.update(state=Endpoint.State.ACTIVE, failing_since=None, failures=0, rests_until=None)
    )


@transaction.atomic
def remove_endpoint(*, seller_id: int, endpoint_id: int) -> bool:
    """Call an address never again; False when the seller has none such."""
    own = Endpoint.objects.filter(pk=endpoint_id, seller_id=seller_id)
    gone = own.exclude(state=Endpoint.State.REMOVED).update(state=Endpoint.State.REMOVED)
    if gone:
        rows = own.get().deliveries.filter(state="due")
        rows.update(state="failed", last_answer="address removed")
    return bool(gone)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
