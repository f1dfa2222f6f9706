"""Many generated products, written in bulk: for load work, not for looking at."""

from collections.abc import Callable

Say = Callable[[str], None]


def add_products(*, count: int, say: Say) -> None:
    """Add generated products below the demo's sellers."""
    raise NotImplementedError
