from datetime import UTC, date, datetime

import pytest

from commerce.notifications.dates import after_working_days, expected

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "day"),
    [(0, 20), (1, 23), (5, 27), (6, 30)],
)
def test_weekends_do_not_count(days, day):
    assert after_working_days(FRIDAY.date(), days) == date(2026, 11, day)


def test_a_span_names_both_ends_and_one_day_only_itself():
    assert (
        expected(since=FRIDAY, method={"min_days": 2, "max_days": 4}) == "Tue, Nov 24 – Thu, Nov 26"
    )
    assert expected(since=FRIDAY, method={"min_days": 1, "max_days": 1}) == "Mon, Nov 23"


@pytest.mark.parametrize("method", [{}, {"min_days": None, "max_days": 2}, {"min_days": "x"}])
def test_what_was_not_said_is_not_promised(method):
    assert expected(since=FRIDAY, method=method) == ""
