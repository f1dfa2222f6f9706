"""Tables for spreadsheets, in which no cell is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST = 32_767  # letters that a cell of a workbook holds

Cell = str | int | Decimal | None


def safe_cell(value: Cell) -> str:
    """Return the text of a cell; what a spreadsheet would calculate gets a leading apostrophe.

    Numbers stay numbers, negative ones too.
    """
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return str(value)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV, with a mark by which spreadsheets know it is UTF-8."""
    return "".join(csv_lines(rows))


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Write rows as CSV one at a time, as `csv_text` does at once."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    yield "\ufeff"
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def write_workbook(rows: Iterable[Sequence[Cell]], *, title: str, output: BinaryIO) -> None:
    """Write rows as a workbook with one sheet, the first row as its head.

    Text is written as text, so nothing is calculated, and escaped as in CSV, so
    nothing is calculated either when somebody saves it as CSV.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title=title[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    for position, row in enumerate(rows):
        cells = [_workbook_cell(sheet, value) for value in row]
        if position == 0:
            for cell in cells:
                cell.font = bold
        sheet.append(cells)
    book.save(output)


def _workbook_cell(sheet: object, value: Cell) -> WriteOnlyCell:
    if isinstance(value, int | Decimal):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value=_CONTROLS.sub("", safe_cell(value))[:_LONGEST] or None)
    if cell.value is not None:
        cell.data_type = "s"
    return cell
