"""What the shop has written down: its goods, what it waits for, and how time passes for it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from redis.exceptions import RedisError

from devtools.prove.forks import Nursery, RigBroken
from devtools.prove.ground import Ground
from devtools.prove.processes import Processes

TRIES = 10
"""After so many a fact is tried no more, nor is a mail."""
TOLD_AFTER = 5
"""After so many tries of a fact a person is told."""
NOTICE_TRIES = 20


@dataclass(frozen=True)
class Good:
    variant_id: int
    product_id: int
    seller_id: int
    location_id: int
    path: str


class Books(Processes):
    """One drill's database, read and aged from outside."""

    def __init__(
        self, nursery: Nursery, ground: Ground, *, name: str, seed: int, without: Iterable[str] = ()
    ) -> None:
        super().__init__(nursery, name=name, seed=seed, without=without)
        self.ground = ground
        self.minutes_passed = 0.0

    def sql(self, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
        with self.ground.connect(self.database) as connection:
            return run(connection, statement, params)

    def until_none(self, statement: str, seconds: float = 60) -> bool:
        """Wait until a query finds nothing any more; False when that took too long."""
        deadline = time.monotonic() + seconds
        while self.sql(statement):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.3)
        return True

    def goods(self) -> list[Good]:
        rows = self.sql(
            "SELECT s.variant_id, v.product_id, p.seller_id, s.location_id, l.path"
            " FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id"
            " JOIN catalog_product p ON p.id = v.product_id"
            " JOIN catalog_listing l ON l.product_id = p.id ORDER BY s.variant_id"
        )
        return [Good(*row) for row in rows]

    def set_stock(self, units: dict[int, int]) -> None:
        """Let there be so many of each variant; goods not named keep their thousand."""
        places = {good.variant_id: good.location_id for good in self.goods()}
        counts = [[variant, places[variant], units[variant]] for variant in units]
        self.call("set_stock", counts=counts)

    def age(self, minutes: float) -> None:
        """Let time pass for everything the shop has written down.

        Whatever is due later is due that much sooner; nothing knows but the clock on the wall.
        """
        for _ in range(8):
            try:
                self._age(minutes)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                continue  # the shop was at work on the same rows
            self.minutes_passed += minutes
            if minutes >= 10:
                self._forget_tries()
            return
        raise RigBroken("time could not pass: the shop holds its rows")

    def _age(self, minutes: float) -> None:
        with self.ground.connect(self.database) as connection, connection.transaction():
            run(connection, "SET LOCAL session_replication_role = replica")
            run(connection, "SET LOCAL lock_timeout = '20s'")
            for table, columns in _timed(connection).items():
                moved = ", ".join(
                    f'"{name}" = "{name}" - make_interval(secs => {minutes * 60})'
                    for name in columns
                )
                run(connection, f'UPDATE "{table}" SET {moved}')

    def _forget_tries(self) -> None:
        """Whoever tried too often may try again by then."""
        redis = self.ground.redis()
        with suppress(OSError, RedisError):
            for key in redis.scan_iter("*limit:*"):
                redis.delete(key)

    def waiting(self) -> dict[str, int]:
        """What is not finished yet, by kind."""
        row = self.sql(_WAITING)[0]
        return {name: count for name, count in zip(_KINDS, row, strict=True) if count}


_KINDS = (
    "pending orders",
    "open pages",
    "open attempts",
    "undelivered facts",
    "refunds",
    "mails",
    "notices",
    "active holds",
)
_WAITING = f"""
SELECT
  (SELECT count(*) FROM orders_order WHERE state = 'pending'),
  (SELECT count(*) FROM payments_payment WHERE state = 'created' AND provider_session IS NOT NULL),
  (SELECT count(*) FROM payments_payment
    WHERE (state = 'created' AND provider_session IS NULL) OR state = 'processing'),
  (SELECT count(*) FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < {TRIES}),
  (SELECT count(*) FROM payments_refund WHERE state IN ('requested', 'pending')),
  (SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND attempts < {TRIES}),
  (SELECT count(*) FROM payments_providerevent
    WHERE handled_at IS NULL AND attempts < {NOTICE_TRIES}),
  (SELECT count(*) FROM inventory_reservation r WHERE state = 'active' AND NOT EXISTS (
    SELECT 1 FROM orders_order o WHERE o.token = r.holder AND o.state = 'pending'))
"""
_TIMED = """
SELECT c.table_name, array_agg(c.column_name::text)
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.data_type = 'timestamp with time zone' AND c.is_generated = 'NEVER'
  AND c.table_name ~ '^(orders|payments|inventory_reservation|outbox|notifications|checkout|cart'
    '|payouts|returns|fulfillment_shipment|backoffice_alarm)'
GROUP BY c.table_name ORDER BY c.table_name
"""


def _timed(connection: psycopg.Connection) -> dict[str, list[str]]:
    return {str(table): list(columns) for table, columns in run(connection, _TIMED)}


def run(
    connection: psycopg.Connection, statement: str, params: Any = None
) -> list[tuple[Any, ...]]:
    cursor = connection.execute(statement, params)
    return cursor.fetchall() if cursor.description else []
