"""Bytes to rows. What cannot be read costs its own row, never the file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from .types import Problem, Row, Sheet

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 10_000
LONGEST_RECORD = 400
"""Lines. A quotation mark that stays open longer was never meant to be closed."""

SAVE_AS = "Save the file as “CSV UTF-8 (comma delimited)” and import it again."


class FileRefused(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


@dataclass(frozen=True)
class Record:
    number: int
    line: int
    text: str
    is_whole: bool


def read(data: bytes, *, max_rows: int | None = MAX_ROWS) -> Sheet:
    """Read a table whose first row names the columns. Raises FileRefused.

    A row with bytes that are no UTF-8, with quotation marks that do not match or
    with too many cells becomes a problem; the rows around it are read.
    """
    text = _decode(data)
    lines = list(io.StringIO(text, newline=""))
    header_line = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header_line.count)
    records = _records(lines)
    columns = _header(next(records, None), delimiter)
    rows: list[Row] = []
    problems: list[Problem] = []
    broken: set[str] = set()
    number = 1
    while (record := next(records, None)) is not None:
        number += 1
        if not record.text.strip(f"{delimiter}\r\n "):
            continue
        cells = _cells(record, delimiter) if record.is_whole else None
        if cells is None or len(cells) > len(columns):
            problems.append(_unreadable(record, number, cells, len(columns)))
            broken.add(record.text.split(delimiter, 1)[0].strip('" \r\n'))
            if record.text.count("\n") > 1 or not record.is_whole:
                records.send(record.line)  # type: ignore[attr-defined]
            continue
        if any(_is_undecodable(cell) for cell in cells):
            problems.append(_wrongly_encoded(cells, columns, number))
            broken.add(cells[0].strip())
            continue
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        rows.append(Row(number=number, cells=dict(zip(columns, padded, strict=True))))
        if max_rows is not None and len(rows) > max_rows:
            raise FileRefused(
                f"The file has more than {max_rows:,} rows. Split it into several files."
            )
    if not rows and not problems:
        raise FileRefused("The file has column names but no products below them.")
    return Sheet(columns=columns, rows=rows, problems=problems, broken_handles=frozenset(broken))


def _decode(data: bytes) -> str:
    if not data.strip():
        raise FileRefused("The file is empty.")
    if len(data) > MAX_BYTES:
        size = len(data) / 1024 / 1024
        raise FileRefused(
            f"The file has {size:.0f} MB; at most {MAX_BYTES // 1024 // 1024} MB can be"
            " imported at once. Split it into several files."
        )
    if data[:4] == b"PK\x03\x04":
        raise FileRefused(f"This is a workbook, not a CSV file. {SAVE_AS}")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:4096]:
        raise FileRefused(f"This is not a text file. {SAVE_AS}")
    return data.decode("utf-8-sig", errors="surrogateescape")


def _records(lines: list[str]) -> Iterator[Record]:
    """Yield records, each one line or several held together by quotation marks.

    Send a line's number to go on after that line.
    """
    position = 0
    number = 0
    while position < len(lines):
        start = position
        quotes = lines[position].count('"')
        position += 1
        while quotes % 2 and position < len(lines) and position - start < LONGEST_RECORD:
            quotes += lines[position].count('"')
            position += 1
        number += 1
        text = "".join(lines[start:position])
        again = yield Record(number, start + 1, text, is_whole=quotes % 2 == 0)
        if again is not None:
            position = again
            yield Record(number, start + 1, "", is_whole=True)  # the answer to send()


def _header(record: Record | None, delimiter: str) -> list[str]:
    cells = _cells(record, delimiter) if record and record.is_whole else None
    if not cells:
        raise FileRefused(f"The first row does not name the columns. {SAVE_AS}")
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    for index, column in enumerate(columns):
        if column and column in columns[:index]:
            raise FileRefused(
                f"The column “{column}” appears twice. Remove or rename one of the two."
            )
    return [column or f"column {index + 1}" for index, column in enumerate(columns)]


def _cells(record: Record, delimiter: str) -> list[str] | None:
    try:
        found = list(csv.reader([record.text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    cells = found[0] if len(found) == 1 else None
    while cells and len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return cells


def _unreadable(record: Record, number: int, cells: list[str] | None, width: int) -> Problem:
    if cells is None:
        message = (
            f"A quotation mark on line {record.line} of the file is opened and not closed, or"
            ' stands inside a cell. Write a quotation mark inside a cell as "" and close every'
            " cell that begins with one."
        )
    else:
        message = (
            f"The row has {len(cells)} cells, but there are {width} columns. Put quotation"
            " marks around cells that contain commas."
        )
    return Problem(row=number, message=message, handle=_first_word(record.text))


def _wrongly_encoded(cells: list[str], columns: list[str], number: int) -> Problem:
    index = next(index for index, cell in enumerate(cells) if _is_undecodable(cell))
    return Problem(
        row=number,
        column=columns[index],
        handle=cells[0].strip() if index else "",
        message=f"The cell is not written in UTF-8, so its letters cannot be read. {SAVE_AS}",
    )


def _is_undecodable(cell: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in cell)


def _first_word(text: str) -> str:
    start = text.split(",", 1)[0].strip('" \r\n')[:120]
    return "" if _is_undecodable(start) else start
