"""Days of an append-only table, sealed in a chain: what was sealed cannot be rewritten unseen.

A seal holds the digest of the day's rows and of the seal before. The digests are kept in
the private store too, where whoever may write to the database need not be able to write. One
chain is kept in one place: a day is written only after the kept one that it follows.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from . import clock
from .sql import execute, fetch

log = structlog.get_logger(__name__)

# How long a seal may wait to be kept outside before it is missed.
KEPT_WITHIN = timedelta(hours=2)
# Each digest holds the one before: the newest ones tell of every day.
COMPARED = timedelta(days=31)
# A shop keeps its first seal by itself while this is new; later somebody has to say so.
BEGUN_WITHIN = timedelta(days=2)


class ChainsKept(ValueError):
    """Seals are kept in this place already."""

    def __init__(self, *, table: str, folders: list[str]) -> None:
        self.table = table
        self.folders = folders
        super().__init__(f"{settings.SEALS_FOLDER}/{table} holds {', '.join(folders)}")


@dataclass(frozen=True, kw_only=True)
class SealedTable:
    """What is sealed; every field but `name` and `counted` is SQL over `rows`."""

    name: str
    """Also the folder in the private store."""
    seals: str
    """Its table of seals: day, digest, sealed_at and the number of rows."""
    counted: str
    """The column of that table which says how many rows the day has."""
    rows: str
    at: str
    order: str
    said: str
    """One row as text, complete."""

    @property
    def _days(self) -> str:
        return (
            f"SELECT ({self.at} AT TIME ZONE 'UTC')::date AS day, count(*) AS rows,"  # noqa: S608
            f" string_agg({self.said}, E'\\n' ORDER BY {self.order}) AS said FROM {self.rows}"
        )

    @property
    def violations(self) -> str:
        """The query that counts the days which are not as they were sealed."""
        return f"""
            WITH today AS ({self._days} GROUP BY 1)
            SELECT count(*) FROM (
                SELECT seal.*, lag(seal.digest) OVER (ORDER BY seal.day) AS before
                FROM {self.seals} seal
            ) AS sealed
            LEFT JOIN today ON today.day = sealed.day
            WHERE coalesce(today.rows, 0) <> sealed.{self.counted}
               OR sealed.digest <> encode(sha256(convert_to(
                    coalesce(sealed.before, '') || coalesce(today.said, ''), 'UTF8'
                )), 'hex')
        """  # noqa: S608


def seal(table: SealedTable) -> list[date]:
    """Seal the days that have ended, oldest first; returns them. Repeating it changes nothing.

    A day is sealed an hour after its end: what was begun before midnight is written by then.
    """
    unsealed = f"""
        SELECT day::date FROM generate_series(
            coalesce(
                (SELECT max(day) + 1 FROM {table.seals}),
                (SELECT min({table.at} AT TIME ZONE 'UTC')::date FROM {table.rows})
            ),
            ((clock_timestamp() - interval '1 hour') AT TIME ZONE 'UTC')::date - 1,
            interval '1 day'
        ) AS day ORDER BY day
    """  # noqa: S608
    one = f"""
        INSERT INTO {table.seals} (day, {table.counted}, digest)
        SELECT %s, coalesce(max(today.rows), 0), encode(sha256(convert_to(
            coalesce((SELECT digest FROM {table.seals} WHERE day = %s::date - 1), '')
            || coalesce(max(today.said), ''), 'UTF8'
        )), 'hex')
        FROM (
            {table._days}
            WHERE {table.at} >= %s::date::timestamp AT TIME ZONE 'UTC'
              AND {table.at} < (%s::date + 1)::timestamp AT TIME ZONE 'UTC'
            GROUP BY 1
        ) AS today
        ON CONFLICT (day) DO NOTHING
    """  # noqa: S608
    return [day for (day,) in fetch(unsealed) if execute(one, *[day] * 4)]


def keep_outside(table: SealedTable) -> int:
    """Write the seals that follow the kept ones into the private store; returns how many.

    Overwrites nothing, fills no gap, and begins no chain beside another, nor one whose
    first seal is old: what is missing stays missing until a person has looked (`begin`).
    """
    inside, kept = _inside(table), _kept(table)
    if not inside or not _goes_on(table, inside, kept):
        return 0
    newest = max(kept, default=date.min)
    return _write(table, {day: digest for day, (digest, _) in inside.items() if day > newest})


def begin(table: SealedTable) -> int:
    """Keep all seals where none are kept, as after a restore; returns how many.

    Raises ChainsKept.
    """
    if folders := _chains(table):
        raise ChainsKept(table=table.name, folders=folders)
    return _write(table, {day: digest for day, (digest, _) in _inside(table).items()})


def _goes_on(
    table: SealedTable, inside: dict[date, tuple[str, datetime]], kept: dict[date, str]
) -> bool:
    if kept:
        newest = max(kept)
        return newest in inside and inside[newest][0] == _digest_of(kept[newest])
    return not _chains(table) and inside[min(inside)][1] > clock.now() - BEGUN_WITHIN


def _write(table: SealedTable, digests: dict[date, str]) -> int:
    store, folder = storages["private"], _folder(table)
    for day, digest in digests.items():
        words = json.dumps({"table": table.name, "day": day.isoformat(), "digest": digest})
        store.save(f"{folder}/{day}.json", ContentFile(words.encode()))
        log.info("day_sealed", table=table.name, day=day.isoformat(), digest=digest)
    return len(digests)


def differing(table: SealedTable) -> list[date]:
    """Return the days whose seal in the database is not the one that is kept outside.

    A seal that is kept but gone from the database differs, and so does one that
    should have been kept by now and is not.
    """
    inside, kept, now = _inside(table), _kept(table), clock.now()
    compared = min((now - COMPARED).date(), max(kept, default=date.max))
    return sorted(
        day
        for day in inside.keys() | kept
        if day not in inside
        or (day not in kept and inside[day][1] < now - KEPT_WITHIN)
        or (day in kept and day >= compared and _digest_of(kept[day]) != inside[day][0])
    )


def chains_beside(table: SealedTable) -> list[str]:
    """Return the chains that are kept in this place and are not the database's own.

    There is one when somebody rewrote the table from its first day on and sealed it anew.
    """
    return [chain for chain in _chains(table) if chain != _chain(table)]


def _inside(table: SealedTable) -> dict[date, tuple[str, datetime]]:
    rows = fetch(f"SELECT day, digest, sealed_at FROM {table.seals} ORDER BY day")  # noqa: S608
    return {day: (digest, sealed_at) for day, digest, sealed_at in rows}


def _chain(table: SealedTable) -> str:
    """A chain is known by its first seal."""
    first = fetch(f"SELECT digest FROM {table.seals} ORDER BY day LIMIT 1")  # noqa: S608
    return first[0][0][:16] if first else ""


def _place(table: SealedTable) -> str:
    return f"{settings.SEALS_FOLDER}/{table.name}"


def _folder(table: SealedTable) -> str:
    return f"{_place(table)}/{_chain(table) or 'none'}"


def _chains(table: SealedTable) -> list[str]:
    try:
        chains, _ = storages["private"].listdir(_place(table))
    except FileNotFoundError:
        return []
    return sorted(chains)


def _kept(table: SealedTable) -> dict[date, str]:
    folder = _folder(table)
    try:
        _, files = storages["private"].listdir(folder)
    except FileNotFoundError:
        return {}
    return {date.fromisoformat(name[:10]): f"{folder}/{name}" for name in files}


def _digest_of(path: str) -> str:
    with storages["private"].open(path) as file:
        try:
            said = json.load(file)
        except ValueError:
            return ""
    return str(said.get("digest", ""))
