"""A file of counts and thresholds: columns sku, location, on_hand or change, what was seen."""

import csv
import io
from dataclasses import dataclass

from commerce.inventory.operations import MAX_ON_HAND, MAX_ROWS
from commerce.inventory.types import UNSAID, StockWrite

MAX_BYTES = 500_000
THRESHOLDS = ("threshold", "if_threshold")
NONE = "none"
"""Stands for no threshold; an empty cell says nothing of it."""
MOST_THRESHOLD = 1_000_000
COLUMNS = ("sku", "location", "on_hand", "change", "version", "if_on_hand", *THRESHOLDS)
MOST_DIGITS = 15


class FileRefused(ValueError):
    """The file as a whole cannot be used; the text says why and what to do."""


@dataclass
class Line:
    """One row: what it asks for, or what is wrong with it, and what became of it."""

    number: int
    sku: str
    write: StockWrite | None = None
    outcome: str = ""
    on_hand: int | None = None
    is_done: bool = False


def read_lines(data: bytes) -> tuple[str, list[Line]]:
    """Return a file's text and rows; a row that makes no sense says so. Raises FileRefused."""
    if len(data) > MAX_BYTES:
        raise FileRefused("The file is larger than 500 KB. Split it into several files.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused("Save the file as “CSV UTF-8” and upload it again.") from None
    if not text.strip() or "\0" in text:
        raise FileRefused("Choose a CSV file with the columns sku and on_hand.")
    first = text.lstrip().splitlines()[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=first.count))
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    if "sku" not in names or not {"on_hand", "change", "threshold"} & set(names):
        raise FileRefused(
            "The first row must name the columns: sku, and on_hand, change or threshold."
        )
    try:
        lines = [_line(number, row) for number, row in enumerate(reader, start=2)]
    except csv.Error:
        raise FileRefused("The file cannot be read as CSV. Save it again as CSV UTF-8.") from None
    if not lines:
        raise FileRefused("The file has column names but no rows below them.")
    if len(lines) > MAX_ROWS:
        raise FileRefused(f"The file has more than {MAX_ROWS:,} rows. Split it into several files.")
    return text, lines


def _line(number: int, row: dict[str | None, str | list[str] | None]) -> Line:
    cells = {name: (row.get(name) or "") for name in COLUMNS}
    texts = {name: value.strip() for name, value in cells.items() if isinstance(value, str)}
    # A spreadsheet's apostrophe, which our own downloads put before what looks like a formula.
    sku = texts["sku"].removeprefix("'")[:80]
    line = Line(number=number, sku=sku)
    numbers = {name: _number(texts[name]) for name in COLUMNS[2:]}
    wrong = [name for name, value in numbers.items() if value is None and texts[name]]
    wrong = [name for name in wrong if name not in THRESHOLDS or texts[name].lower() != NONE]
    low = {name: _threshold(texts[name], numbers[name]) for name in THRESHOLDS}
    if None in row:
        line.outcome = "Refused: the row has more cells than the first row names."
    elif not sku:
        line.outcome = "Refused: the SKU is missing."
    elif wrong:
        also = f", or “{NONE}”" if wrong[0] in THRESHOLDS else ""
        line.outcome = (
            f"Refused: {wrong[0]} must be a whole number{also}, not “{texts[wrong[0]][:20]}”."
        )
    elif numbers["on_hand"] is not None and numbers["change"] is not None:
        line.outcome = "Refused: fill in either on_hand or change."
    elif numbers["on_hand"] is None and numbers["change"] is None and low["threshold"] == UNSAID:
        line.outcome = "Refused: fill in on_hand, change or threshold."
    elif any(not 0 <= (value or 0) <= MOST_THRESHOLD for value in low.values() if value != UNSAID):
        line.outcome = f"Refused: a threshold is 0 to {MOST_THRESHOLD:,}, or “{NONE}”."
    elif (numbers["on_hand"] or 0) < 0 and numbers["version"] is None:
        line.outcome = "Refused: on_hand is 0 or more."
    elif any(abs(value or 0) > MAX_ON_HAND for name, value in numbers.items() if name != "version"):
        line.outcome = "Refused: the number is too large."
    else:
        counts = numbers["on_hand"] is not None
        line.write = StockWrite(
            sku=sku,
            location=texts["location"].removeprefix("'")[:80],
            on_hand=numbers["on_hand"],
            delta=numbers["change"],
            version=numbers["version"] if counts else None,
            if_on_hand=numbers["if_on_hand"] if counts else None,
            low_here=low["threshold"],
            if_low_here=low["if_threshold"],
        )
    return line


def _threshold(text: str, number: int | None) -> int | None:
    if not text:
        return UNSAID
    if text.lower() == NONE or number is None:
        return None
    return number if number >= 0 else MOST_THRESHOLD + 1


def _number(text: str) -> int | None:
    digits = text.removeprefix("-").removeprefix("−")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS):
        return None
    return int(digits) if digits == text else -int(digits)
