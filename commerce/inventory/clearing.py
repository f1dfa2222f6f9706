"""Ended holds that nothing asks for any more are deleted, some at a time."""

from django.conf import settings
from django.db import transaction

from commerce.kernel.sql import execute

from . import statements


def clear_ended(*, batch: int = 1000, batches: int = 50) -> int:
    """Delete holds that lapsed or were given back ENDED_HOLDS_DAYS ago; returns how many.

    Counted from the deadline they had, oldest first; each batch is a transaction of its
    own that waits for nobody. What is held or sold stays, and so does what ended beside
    something that its holder still holds. What is left over, the next call finds.
    """
    cleared = 0
    for _ in range(batches):
        with transaction.atomic(savepoint=False):
            gone = execute(statements.CLEAR_ENDED, settings.ENDED_HOLDS_DAYS, batch)
        cleared += gone
        if gone < batch:
            break
    return cleared
