"""Cells that a spreadsheet would run: refused on the way in, disarmed on the way out."""

import re

_RUNS = re.compile(r"^\s*(?:[=@]|[+\-](?=.*[(!|])|[\t\r])", re.DOTALL)


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would take the cell for a formula that can do something."""
    return bool(_RUNS.match(cell))


def disarmed(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it as text."""
    return f"'{cell}" if is_formula(cell) else cell


def armed(cell: str) -> str:
    """Undo `disarmed`."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell
