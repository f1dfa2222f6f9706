"""How long to wait before something that failed is tried again."""

import random
from collections.abc import Sequence
from datetime import timedelta

SPREAD = 0.2
"""Up to how much of a pause is added or taken off by chance."""


def pause(table: Sequence[timedelta], *, attempts: int) -> timedelta:
    """Return the pause after so many failed attempts, by chance a little more or less.

    What failed together, as when a provider was away, so does not come back together.
    Beyond the table its last pause repeats.
    """
    return spread(table[min(attempts, len(table) - 1)])


def spread(wait: timedelta) -> timedelta:
    """Return a pause up to a fifth longer or shorter."""
    return wait * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311
