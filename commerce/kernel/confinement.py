"""Whose rows a connection may see and change.

While a seller's people are at work, every statement runs under a database role that
row-level security confines to the seller's own rows. The role is taken for one
transaction at a time, never for the session, so a pooled connection carries
nothing on to the next request. Everybody else keeps the role they signed in with.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

P = ParamSpec("P")
R = TypeVar("R")

_STEP_OUT = b"SET LOCAL ROLE NONE"
_LEAVE = b"SET LOCAL ROLE NONE; SET LOCAL stoa.seller = ''"


def role() -> str:
    """Return the name of the sellers' database role. Raises ImproperlyConfigured."""
    name: str = settings.SELLER_DATABASE_ROLE
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise ImproperlyConfigured(
            f"SELLER_DATABASE_ROLE must be a plain name such as stoa_seller, not {name!r}."
        )
    return name


class _Confinement:
    """Takes the role before the first statement of every transaction of a connection."""

    def __init__(self, *, seller_id: int) -> None:
        self.suspended = False
        self.seller_id = seller_id
        self.enter = f"SET LOCAL ROLE {role()}; SET LOCAL stoa.seller = '{int(seller_id)}'".encode()

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if self.suspended or _status() != TransactionStatus.IDLE:
            return execute(sql, params, many, context)
        _say(b"BEGIN; " + self.enter)
        if not connection.get_autocommit():  # Django ends this transaction itself
            return execute(sql, params, many, context)
        try:
            result = execute(sql, params, many, context)
        except BaseException:
            if _status() in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                _say(b"ROLLBACK")
            raise
        _say(b"COMMIT")
        return result


@contextmanager
def confined(*, seller_id: int) -> Iterator[None]:
    """Let this thread's connection see and change one seller's rows alone, for a block.

    Statements keep the transactions they would have had; one that stands alone is
    given its own. Nothing of it outlasts the block, nor any transaction.
    """
    confinement = _Confinement(seller_id=seller_id)
    before = _current()
    with connection.execute_wrapper(confinement):
        connection.stoa_confinement = confinement  # type: ignore[attr-defined]
        if _in_transaction():
            _say(confinement.enter)
        try:
            yield
        finally:
            connection.stoa_confinement = before  # type: ignore[attr-defined]
            if _in_transaction():
                _say(before.enter if before else _LEAVE)


class AnotherSeller(PermissionError):
    """A request of one seller asked for work of the marketplace's on behalf of another."""


class unconfined:  # noqa: N801 -- reads as the function it is used as
    """Step out for what is the marketplace's own: booking money, reporting facts, sending mail.

    For a block, or as a decorator. What it decorates is refused, with AnotherSeller, when it
    is called with another `seller_id` than the request is confined to; beyond that, whoever
    steps out answers for whose rows are touched. Costs nothing where nobody is confined.
    """

    _left: _Confinement | None = None

    def __enter__(self) -> None:
        confinement = _current()
        if confinement is None or confinement.suspended:
            return
        if _in_transaction():
            _say(_STEP_OUT)
        confinement.suspended, self._left = True, confinement

    def __exit__(self, *error: object) -> None:
        if self._left is None:
            return
        self._left.suspended = False
        # A failed transaction takes no more orders; rolling back to a savepoint restores the role.
        if _in_transaction():
            _say(self._left.enter)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def outside(*args: P.args, **kwargs: P.kwargs) -> R:
            confinement = _current()
            if confinement is None:
                return function(*args, **kwargs)
            own = confinement.seller_id
            if not confinement.suspended and kwargs.get("seller_id", own) != own:
                raise AnotherSeller(f"{function.__qualname__} for {kwargs['seller_id']} by {own}")
            with unconfined():
                return function(*args, **kwargs)

        return outside


def confine_stream(parts: Iterable[bytes], *, seller_id: int) -> Iterator[bytes]:
    """Make each part of an answer that is written while it is sent under the same role."""
    remaining = iter(parts)
    while True:
        with confined(seller_id=seller_id):
            try:
                part = next(remaining)
            except StopIteration:
                return
        yield part


def _current() -> _Confinement | None:
    return getattr(connection, "stoa_confinement", None)


def _status() -> TransactionStatus:
    server = connection.connection
    if server is None:
        return TransactionStatus.IDLE
    return TransactionStatus(server.pgconn.transaction_status)


def _in_transaction() -> bool:
    return _status() == TransactionStatus.INTRANS


def _say(statement: bytes) -> None:
    """Send what Django's own bookkeeping is not to see, in one round trip."""
    result = connection.connection.pgconn.exec_(statement)
    if result.status != ExecStatus.COMMAND_OK:
        with connection.wrap_database_errors:
            raise error_from_result(result)
