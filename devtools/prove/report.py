"""What a run found, in words and as a table in docs/proof.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from devtools.embedded.places import CHECKOUT
from devtools.prove.drill import Result
from devtools.prove.figures import NAMES

DOCUMENT = CHECKOUT / "docs" / "proof.md"
SHORT = (
    "lost",
    "ghost",
    "double",
    "over",
    "strand",
    "ledger",
    "prov.",
    "orphan",
    "events",
    "mails",
)


def commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return asked.stdout.strip() or "unknown"


def seconds_of(text: str) -> float:
    """Read 90, 90s, 60m or 2h."""
    units = {"s": 1, "m": 60, "h": 3600}
    if text and text[-1] in units:
        return float(text[:-1]) * units[text[-1]]
    return float(text or 0)


def line(result: Result) -> str:
    """One drill on one line, and what was wrong below it."""
    if result.is_control:
        word = "red, as it must be" if result.passed else "NOT RED: the guard is not proven"
    else:
        word = "ok" if result.passed else "FAILED"
    told = ", ".join(
        f"{name} {value}" for name, value in result.numbers.items() if name != "places"
    )
    lines = [f"{word} ({result.seconds:.0f} s; {told})"]
    if result.red:
        lines.append("         " + ", ".join(f"{k} {v}" for k, v in result.red.items()))
    if not result.passed or result.is_control:
        lines += [f"         {problem}" for problem in result.problems[:6]]
    if not result.passed and result.figures:
        lines += [f"         {note}" for note in [*result.figures.notes, *result.figures.broken]]
    return "\n".join(lines)


def summary(ended: Sequence[Result]) -> str:
    drills = [result for result in ended if not result.is_control]
    controls = [result for result in ended if result.is_control]
    good = sum(result.passed for result in drills)
    red = sum(result.passed for result in controls)
    kills = sum(int(result.numbers.get("kill -9", 0)) for result in ended)
    bought = sum(int(result.numbers.get("confirmed", 0)) for result in ended)
    return (
        f"{good} of {len(drills)} drills clean, {red} of {len(controls)} controls red; "
        f"{bought} orders confirmed, {kills} kill -9."
    )


def append(ended: Sequence[Result], *, seed: int, mode: str) -> None:
    """Add this run to the document, newest last."""
    now = datetime.now(UTC)
    rows = [
        "",
        f"## {now:%Y-%m-%d %H:%M} UTC, {mode}, seed {seed}, commit {commit()}",
        "",
        f"{os.cpu_count()} cores, Python {platform.python_version()}. {summary(ended)}",
        "",
        f"| Drill | What | {' | '.join(SHORT)} | INV | Result | Numbers |",
        f"| --- | --- | {' | '.join('---' for _ in SHORT)} | --- | --- | --- |",
        *[_row(result) for result in ended if not result.is_control],
    ]
    if controls := [result for result in ended if result.is_control]:
        rows += ["", "| Control | Turned red by | Result |", "| --- | --- | --- |"]
        rows += [_control(result) for result in controls]
    with DOCUMENT.open("a") as document:
        document.write("\n".join(rows) + "\n")
    print(f"written to {DOCUMENT.relative_to(CHECKOUT)}")


def _row(result: Result) -> str:
    figures = result.figures
    cells = [str(figures.values[name]) if figures else "–" for name in NAMES]
    invariants = str(figures.invariants) if figures else "–"
    verdict = (
        "clean" if result.passed else "**" + "; ".join([*result.red, *result.problems])[:200] + "**"
    )
    numbers = ", ".join(f"{name} {_told(value)}" for name, value in result.numbers.items())
    cells = [result.code, result.title, *cells, invariants, verdict, numbers]
    return f"| {' | '.join(cells)} |"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {count}" for name, count in value.items()) + ")"
    return str(value)


def _control(result: Result) -> str:
    found = ", ".join(f"{name} {value}" for name, value in result.red.items())
    found = found or "; ".join(result.problems)[:160] or "nothing"
    verdict = "red" if result.passed else "**not red**"
    return f"| {result.code} {result.title.removeprefix('control: ')} | {found} | {verdict} |"
