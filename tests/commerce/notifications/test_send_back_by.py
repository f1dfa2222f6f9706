"""By when goods are to be sent back: one date in a mail, that of the deadline which is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.notifications.case_mails import _unsent, _until


@dataclass
class Said:
    basis: str


@pytest.mark.parametrize(
    ("basis", "until"),
    [("policy", "by 11 December 2026"), ("withdrawal", "within 14 days")],
)
def test_goods_are_asked_for_by_the_day_that_counts(basis: str, until: str) -> None:
    case: Any = Said(basis=basis)
    due = f"{datetime(2026, 12, 11, tzinfo=UTC):%-d %B %Y}"

    assert _until(case, due) == until
    assert due not in _unsent(case, due)
