"""One cell at a time: amounts, counts, flags, formulas."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from commerce.kernel.money import Money, exponent

from . import columns as c
from .formulas import armed, is_formula
from .types import Problem, Row

HIGHEST_PRICE = Decimal(1_000_000)
MOST_UNITS = 1_000_000
HEAVIEST_GRAMS = 1_000_000
MOST_DIGITS = 18
_AMOUNT = re.compile(r"^\d{1,12}(?:\.\d+)?$")
_NUMBERS = (c.PRICE, c.COMPARE_AT, c.QUANTITY, c.GRAMS, c.CUSTOMS_VALUE)


class Faults:
    """Problems of one product while it is being checked."""

    def __init__(self, *, handle: str) -> None:
        self.handle = handle
        self.problems: list[Problem] = []

    @property
    def stop(self) -> bool:
        return any(problem.stops for problem in self.problems)

    def add(self, row: Row, column: str, message: str, *, stops: bool = True) -> None:
        self.add_at(row.number, column, message, stops=stops)

    def add_at(self, number: int, column: str, message: str, *, stops: bool = True) -> None:
        self.problems.append(
            Problem(row=number, column=column, handle=self.handle, message=message, stops=stops)
        )


def check_cells(rows: Sequence[Row], faults: Faults) -> None:
    """Refuse formulas wherever they stand: they would run in the next spreadsheet."""
    for row in rows:
        for column, cell in row.cells.items():
            if column in _NUMBERS or c.currency_of(column):
                continue
            if is_formula(cell):
                faults.add(
                    row,
                    column,
                    f"The cell begins like a formula ({armed(cell).strip()[:20]}…). Write plain"
                    " text, without = + - or @ at its beginning.",
                )


def read_amount(row: Row, column: str, faults: Faults, *, currency: str) -> int | None:
    """Return a price in minor units, or None after adding the fault."""
    cell = row.get(column)
    remedy = f"Write it like 1299.{'0' * exponent(currency)}"[: None if exponent(currency) else -1]
    if cell.startswith("-"):
        faults.add(row, column, f"The price {cell} is negative. Prices are above zero.")
        return None
    if not _AMOUNT.match(cell):
        faults.add(row, column, f"“{cell[:30]}” is no price. {remedy}, without signs or spaces.")
        return None
    try:
        amount = Decimal(cell)
        minor = Money.of(amount.normalize(), currency).minor
    except (InvalidOperation, ValueError):
        faults.add(
            row,
            column,
            f"{cell} has more than {exponent(currency)} decimals. {remedy}.",
        )
        return None
    if amount > HIGHEST_PRICE:
        faults.add(row, column, f"The price {cell} is above {HIGHEST_PRICE:,}. Is it a mistake?")
        return None
    return minor


def read_count(row: Row, column: str, faults: Faults, *, most: int) -> int | None:
    """Return a whole number from zero up; None when the cell is empty or faulty."""
    cell = row.get(column)
    if not cell:
        return None
    whole = cell.removesuffix(".0")
    if not whole.isascii() or not whole.isdecimal() or len(whole) > MOST_DIGITS:
        faults.add(row, column, f"“{cell[:30]}” is no count. Write a whole number, 0 or more.")
        return None
    if int(whole) > most:
        faults.add(row, column, f"{cell} is more than {most:,}. Is it a mistake?")
        return None
    return int(whole)


def read_flag(cell: str, *, default: bool) -> bool:
    if not cell:
        return default
    return cell.lower() in ("true", "yes", "1")
