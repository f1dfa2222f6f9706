"""Physical counts: what lies on the shelves beside what is recorded.

A count takes everything that lies there, what is sold and not sent yet included. A
difference is measured when a number is entered and applied as such later, so that the
shop goes on selling meanwhile.
"""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.sql import fetch
from commerce.outbox.bus import publish

from . import statements
from .accuracy import FLOOR, accuracy, share_found
from .events import StockInaccurate
from .models import CountLine, CountSheet, Location
from .shelves import MAX_ON_HAND, LocationUnknown, Shelf, lock, write

TRIES = 5


class CountEnded(Exception):
    """The count was applied or dropped already, or there is none of this number."""


@transaction.atomic
def start_count(*, seller_id: int, location_id: int, scheduled: bool = False) -> int:
    """Return the open count of a location, begun when there is none.

    It asks for all SKUs; a `scheduled` one for as many as the location's schedule says,
    those not counted for longest. Raises LocationUnknown; CountEnded when others end each
    that is begun.
    """
    place = Location.objects.filter(pk=location_id, seller_id=seller_id).first()
    if place is None:
        raise LocationUnknown(location_id)
    chosen = None
    if scheduled and place.count_at_once:
        rows = fetch(statements.LONGEST_UNCOUNTED, location_id, place.count_at_once)
        chosen = [stock_id for (stock_id,) in rows] or None
    still_open = CountSheet.objects.filter(location_id=location_id, state=CountSheet.State.OPEN)
    for _ in range(TRIES):
        CountSheet.objects.bulk_create(
            [CountSheet(location_id=location_id, started_by=actor.current()[:80], chosen=chosen)],
            ignore_conflicts=True,
        )
        # The one that was in the way may have ended in the meantime.
        if found := still_open.values_list("pk", flat=True).first():
            return int(found)
    raise CountEnded(location_id)


@transaction.atomic
def enter_counts(*, seller_id: int, sheet_id: int, counted: Mapping[int, int | None]) -> None:
    """Write down what was found, by stock row; None takes a number back.

    Raises CountEnded, ValueError for a number out of range.
    """
    sheet = _open_sheet(seller_id, sheet_id)
    if any(units is not None and not 0 <= units <= MAX_ON_HAND for units in counted.values()):
        raise ValueError(f"a count is 0 to {MAX_ON_HAND:,}")
    asked = list(counted) if sheet.chosen is None else list({*counted} & {*sheet.chosen})
    expected = {
        stock_id: max(int(units), 0)
        for stock_id, _, units in fetch(statements.EXPECTED, sheet.location_id, asked, asked)
    }
    CountLine.objects.filter(sheet=sheet, stock_id__in=list(counted)).delete()
    CountLine.objects.bulk_create(
        CountLine(sheet=sheet, stock_id=stock_id, expected=expected[stock_id], counted=units)
        for stock_id, units in sorted(counted.items())
        if units is not None and stock_id in expected
    )


@transaction.atomic
def apply_count(*, seller_id: int, sheet_id: int) -> int:
    """Correct the counts by the differences found; returns how many SKUs differed.

    What is promised to open checkouts stays promised: units of which fewer lie there
    than are promised or sold count as missing, and their orders are shown to the
    seller. Raises CountEnded.
    """
    sheet = _open_sheet(seller_id, sheet_id)
    lines = {line.stock_id: line for line in sheet.lines.select_related("stock")}
    places = [(line.stock.variant_id, line.stock.location_id) for line in lines.values()]
    changed = [
        _corrected(shelf, lines[shelf.id].counted - lines[shelf.id].expected)
        for shelf in (lock(places=places) if places else [])
        if lines[shelf.id].counted != lines[shelf.id].expected
    ]
    if changed:
        write(changed, cause="counted", kind="counted", reference=f"count {sheet.pk}")
    sheet.state = CountSheet.State.APPLIED
    sheet.ended_at = Now()
    sheet.accuracy = _accuracy(list(lines.values()))
    sheet.complete = _is_complete(sheet, counted=set(lines))
    sheet.save(update_fields=["state", "ended_at", "accuracy", "complete"])
    _raise_alarm(seller_id, sheet)
    return len(changed)


def _is_complete(sheet: CountSheet, *, counted: set[int]) -> bool:
    asked = fetch(statements.EXPECTED, sheet.location_id, sheet.chosen, sheet.chosen)
    return all(stock_id in counted or units <= 0 for stock_id, _, units in asked)


def _raise_alarm(seller_id: int, sheet: CountSheet) -> None:
    """Report records that are too far from the shelves, when this count says so."""
    if sheet.accuracy is None or sheet.accuracy >= FLOOR:
        return
    found = accuracy(seller_ids=[seller_id]).get(seller_id)
    if found is not None and found.is_low:
        publish(StockInaccurate(seller_id=seller_id, sheet_id=sheet.pk, accuracy=found.accuracy))


@transaction.atomic
def drop_count(*, seller_id: int, sheet_id: int) -> None:
    """End a count without applying it. Raises CountEnded."""
    sheet = _open_sheet(seller_id, sheet_id)
    sheet.state = CountSheet.State.DROPPED
    sheet.ended_at = Now()
    sheet.save(update_fields=["state", "ended_at"])


def _open_sheet(seller_id: int, sheet_id: int) -> CountSheet:
    sheet = (
        CountSheet.objects.select_for_update(of=("self",))
        .filter(pk=sheet_id, location__seller_id=seller_id, state=CountSheet.State.OPEN)
        .first()
    )
    if sheet is None:
        raise CountEnded(sheet_id)
    return sheet


def _corrected(shelf: Shelf, difference: int) -> Shelf:
    found = min(max(difference, 0), shelf.missing)
    after = shelf.on_hand + difference - found
    lost = max(shelf.least - after, 0)
    return replace(shelf, on_hand=after + lost, missing=shelf.missing - found + lost)


def _accuracy(lines: list[CountLine]) -> int | None:
    expected = sum(line.expected for line in lines)
    wrong = sum(abs(line.counted - line.expected) for line in lines)
    if not lines:
        return None
    return share_found(expected=expected, wrong=wrong)
