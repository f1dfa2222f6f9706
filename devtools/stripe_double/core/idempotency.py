"""Idempotency keys as the provider documents them.

The first answer is kept once execution began, refusals and 500s included; the same key with
other parameters is refused; while the first request runs, a second one gets a 409; after 24
(simulated) hours the key is forgotten.
"""

import hashlib
import itertools

from .errors import StripeError
from .http import Request, Response
from .store import Obj
from .world import World

LASTS = 24 * 3600
LONGEST = 255


def claim(world: World, request: Request, account: str) -> Obj | None:
    """Begin to use the request's key. Returns its record, or None when it has none.

    Raises StripeError for a key that is too long, in use, or was used with other parameters.
    """
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or not key:
        return None
    if len(key) > LONGEST:
        raise StripeError(
            f"An idempotency key has at most {LONGEST} characters.",
            kind="idempotency_error",
            stored=False,
        )
    identifier = f"key_{account}_{key}"
    fingerprint = hashlib.sha256(b"\0".join((request.path.encode(), request.body))).hexdigest()
    record = world.store.find("_key", identifier)
    if record is not None and record["created"] + LASTS <= world.clock.time():
        world.store.remove(record)
        record = None
    if record is None:
        _prune(world)
        record = {
            "id": identifier,
            "created": world.clock.time(),
            "fingerprint": fingerprint,
            "status": None,
        }
        return world.store.add(record, kind="_key")
    if record["fingerprint"] != fingerprint:
        raise StripeError(
            f"The idempotency key '{key}' was used before with other parameters or another path.",
            kind="idempotency_error",
            stored=False,
        )
    if record["status"] is None:
        raise StripeError(
            f"Another request with the idempotency key '{key}' is still running.",
            status=409,
            kind="idempotency_error",
            code="idempotency_key_in_use",
            stored=False,
        )
    return record


def _prune(world: World) -> None:
    """Drop the oldest keys once they have expired, so that a long run does not fill memory."""
    for oldest in list(itertools.islice(world.store.all("_key"), 2)):
        if oldest["created"] + LASTS <= world.clock.time():
            world.store.remove(oldest)


def replay(record: Obj | None) -> Response | None:
    if record is None or record["status"] is None:
        return None
    return Response(
        record["status"],
        record["body"].encode(),
        {
            "Content-Type": "application/json",
            "Idempotent-Replayed": "true",
            "Original-Request": record["request"],
        },
    )


def keep(world: World, record: Obj | None, response: Response, request_id: str) -> None:
    if record is not None:
        record["status"] = response.status
        record["body"] = response.body.decode()
        record["request"] = request_id
        world.store.save(record)


def forget(world: World, record: Obj | None) -> None:
    """The request never began to execute: its key stays free."""
    if record is not None and record["status"] is None:
        world.store.remove(record)


def forget_unfinished(world: World) -> None:
    """After a restart nobody is working on a claimed key any more."""
    for record in list(world.store.all("_key")):
        forget(world, record)
