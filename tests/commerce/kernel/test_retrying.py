"""Pauses grow along a table, each a little different."""

from datetime import timedelta

from commerce.kernel.retrying import pause, spread

TABLE = [timedelta(seconds=s) for s in (10, 100, 1000)]


def test_pauses_grow_along_the_table_and_end_with_its_last() -> None:
    for attempts, base in ((0, 10), (1, 100), (2, 1000), (9, 1000)):
        waits = [pause(TABLE, attempts=attempts).total_seconds() for _ in range(100)]
        assert base * 0.8 <= min(waits) <= max(waits) <= base * 1.2


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({spread(TABLE[2]) for _ in range(20)}) > 10
