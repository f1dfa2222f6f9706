"""Many counts at once from a grid, a file or another system, and the rule when two write one.

The rule: a count is written when nothing changed since its writer looked, or when they do
not say what they saw. When only sales, cancellations and returns came between, the
difference that was meant is applied to what is there now. When anybody else counted or
moved units meanwhile, the earlier writer stands and this row is refused. Either is recorded.
A threshold is written when it is the one its writer saw, or when they do not say; a row is
written as a whole or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel import actor
from commerce.kernel.sql import execute, fetch

from . import statements
from .models import Location, Stock, StockBatch, StockConflict
from .policies import MAX_LOW_AT
from .shelves import BelowReserved, NegativeStock, Place, Shelf, check, lock, raised, write
from .types import UNSAID, RowAnswer, StockWrite

MAX_ROWS = 1000
KINDS = {"grid": "counted", "csv": "imported", "api": "counted"}


class BatchTooLong(ValueError):
    """More rows were sent at once than are taken."""


class KeyReused(Exception):
    """The key stands for another batch already; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One row on its way: the shelf as it is, as it shall be, and the answer."""

    write: StockWrite
    shelf: Shelf | None = None
    after: Shelf | None = None
    answer: RowAnswer
    low_here: int | None = UNSAID
    """The threshold to write."""


@transaction.atomic
def apply_batch(
    *, seller_id: int, key: str, body_hash: str, source: str, rows: Sequence[StockWrite]
) -> list[dict[str, Any]]:
    """Apply rows once per key of a seller; the same key and body get the same answer again.

    The key is claimed before anything changes, so that of two at once one waits for
    the other's answer. Raises KeyReused when the key came with another body,
    BatchTooLong.
    """
    claimed = StockBatch.objects.bulk_create(
        [
            StockBatch(
                seller_id=seller_id, key=key, body_hash=body_hash, source=source,
                actor=actor.current()[:80],
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    batch = StockBatch.objects.select_for_update().get(seller_id=seller_id, key=key)
    if batch.body_hash != body_hash:
        raise KeyReused(key)
    if batch.answer is not None:
        return list(batch.answer)
    del claimed
    answers = write_rows(seller_id=seller_id, source=source, rows=rows)
    batch.answer = [answer.as_dict() for answer in answers]
    batch.save(update_fields=["answer"])
    return list(batch.answer)


@transaction.atomic
def write_rows(
    *, seller_id: int, source: str, rows: Sequence[StockWrite], dry_run: bool = False
) -> list[RowAnswer]:
    """Apply each row by the rule of this module; rows that cannot be applied say why.

    `dry_run` answers the same and changes nothing. Another seller's SKU or location
    counts as unknown. Raises BatchTooLong.
    """
    if len(rows) > MAX_ROWS:
        raise BatchTooLong(f"at most {MAX_ROWS} rows at once")
    places = _places(seller_id, rows)
    shelves = {
        (shelf.variant_id, shelf.location_id): shelf
        for shelf in lock(places=[place for place in places if isinstance(place, tuple)])
    }
    moved = _moved_since(rows, places, shelves)
    low = _thresholds(rows, shelves.values())
    steps = [
        _with_threshold(_decide(row, place, shelves, moved), low)
        for row, place in zip(rows, places, strict=True)
    ]
    versions = _write(steps, source)
    _write_thresholds(steps)
    _record(steps, source)
    if dry_run:
        transaction.set_rollback(True)
    return [
        replace(step.answer, version=versions.get(step.shelf.id, step.shelf.version))
        if step.shelf
        else step.answer
        for step in steps
    ]


def _places(seller_id: int, rows: Sequence[StockWrite]) -> list[Place | str]:
    """Return where each row goes, or the outcome that says why it goes nowhere."""
    by_sku = catalog.variant_ids_by_sku(skus=sorted({row.sku for row in rows}))
    variants = catalog.variants(variant_ids=list(by_sku.values()))
    own = list(Location.objects.filter(seller_id=seller_id).order_by("priority", "pk"))
    by_name = {place.name: place.pk for place in own}
    places: list[Place | str] = []
    for row in rows:
        variant = variants.get(by_sku.get(row.sku, 0))
        location = by_name.get(row.location) if row.location else (own[0].pk if own else None)
        if variant is None or variant.seller_id != seller_id:
            places.append("unknown-sku")
        elif location is None:
            places.append("unknown-location")
        elif (variant.id, location) in places:
            places.append("duplicate")
        else:
            places.append((variant.id, location))
    return places


def _moved_since(
    rows: Sequence[StockWrite], places: Sequence[Place | str], shelves: Mapping[Place, Shelf]
) -> dict[int, tuple[bool, int]]:
    """Tell of rows that changed since they were seen: whether only by sales, and by how much."""
    stale = [
        (shelf.id, shelf.version - row.version)
        for row, place in zip(rows, places, strict=True)
        if isinstance(place, tuple)
        and row.version is not None
        and (shelf := shelves[place]).version > row.version
    ]
    if not stale:
        return {}
    ids, moves = [stock for stock, _ in stale], [count for _, count in stale]
    return {
        stock: (by_sales, int(delta))
        for stock, by_sales, delta in fetch(statements.MOVED_SINCE, ids, moves)
    }


def _decide(
    row: StockWrite,
    place: Place | str,
    shelves: Mapping[Place, Shelf],
    moved: Mapping[int, tuple[bool, int]],
) -> _Step:
    if isinstance(place, str):
        return _Step(write=row, answer=RowAnswer(sku=row.sku, outcome=place))
    shelf = shelves[place]
    outcome, delta = _meant(row, shelf, moved)
    after = None
    if outcome != "conflict" and delta:
        after = raised(shelf, delta)
        try:
            check(after)
        except BelowReserved:
            outcome, after = "below-reserved", None
        except NegativeStock:
            outcome, after = "out-of-range", None
    elif outcome == "set":
        outcome = "unchanged"
    return _Step(
        write=row,
        shelf=shelf,
        after=after,
        answer=RowAnswer(
            sku=row.sku,
            outcome=outcome,
            on_hand=(after or shelf).on_hand,
            promised=shelf.promised,
        ),
    )


def _with_threshold(step: _Step, low: Mapping[int, int | None]) -> _Step:
    """Add what becomes of the row's threshold, which goes with its count or not at all."""
    if step.shelf is None:
        return step
    row, found = step.write, low.get(step.shelf.id)
    step = replace(step, answer=replace(step.answer, low_here=found))
    if row.low_here == UNSAID or not step.answer.is_done:
        return step
    if row.low_here is not None and not 0 <= row.low_here <= MAX_LOW_AT:
        return _refused(step, "out-of-range")
    if row.low_here == found:
        return step
    if row.if_low_here not in (UNSAID, found):
        return _refused(step, "threshold-conflict")
    outcome = "set" if step.answer.outcome == "unchanged" else step.answer.outcome
    answer = replace(step.answer, outcome=outcome, low_here=row.low_here)
    return replace(step, answer=answer, low_here=row.low_here)


def _refused(step: _Step, outcome: str) -> _Step:
    there = step.shelf.on_hand if step.shelf else None
    return replace(step, after=None, answer=replace(step.answer, outcome=outcome, on_hand=there))


def _thresholds(rows: Sequence[StockWrite], shelves: Iterable[Shelf]) -> dict[int, int | None]:
    if not rows:
        return {}
    found = Stock.objects.filter(pk__in=[shelf.id for shelf in shelves])
    return dict(found.values_list("pk", "low_here"))


def _write_thresholds(steps: Sequence[_Step]) -> None:
    changed = [step for step in steps if step.shelf is not None and step.low_here != UNSAID]
    if changed:
        execute(
            statements.WRITE_THRESHOLDS,
            [step.shelf.id for step in changed if step.shelf is not None],
            [step.low_here for step in changed],
        )


def _meant(row: StockWrite, shelf: Shelf, moved: Mapping[int, tuple[bool, int]]) -> tuple[str, int]:
    """Return the outcome of the rule and the change it makes of the count."""
    if row.delta is not None:
        return "adjusted", row.delta
    if not row.counts:
        return "unchanged", 0
    wanted = row.on_hand or 0
    if row.version is not None and row.version != shelf.version:
        by_sales, since = moved.get(shelf.id, (False, 0))
        seen = shelf.on_hand - since
        told = row.if_on_hand is None or row.if_on_hand == seen
        return ("carried", wanted - seen) if by_sales and told else ("conflict", 0)
    if row.if_on_hand is not None and row.if_on_hand != shelf.on_hand:
        return "conflict", 0
    return "set", wanted - shelf.on_hand


def _write(steps: Sequence[_Step], source: str) -> dict[int, int]:
    versions: dict[int, int] = {}
    groups: dict[str, list[Shelf]] = {}
    for step in steps:
        if step.after is not None:
            kind = KINDS[source] if step.write.delta is None else step.write.kind
            groups.setdefault(kind, []).append(step.after)
    for kind, shelves in groups.items():
        versions |= write(shelves, cause=f"{kind} by {source}", kind=kind)
    return versions


def _record(steps: Sequence[_Step], source: str) -> None:
    StockConflict.objects.bulk_create(
        StockConflict(
            stock_id=step.shelf.id,
            source=source,
            seen=step.write.if_on_hand,
            wanted=step.write.on_hand or 0,
            found=step.shelf.on_hand,
            outcome="carried" if step.answer.outcome == "carried" else "refused",
            actor=actor.current()[:80],
        )
        for step in steps
        if step.shelf is not None and step.answer.outcome in ("carried", "conflict")
    )
