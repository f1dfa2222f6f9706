"""What every gateway keeps to."""

from django.conf import settings
from django.db import connections

from .payments import InTransaction


def refuse_inside_transaction() -> None:
    """A network call must not hold locks. Raises InTransaction."""
    forgiven = getattr(settings, "GATEWAYS_IGNORE_TEST_TRANSACTION", False)
    for connection in connections.all(initialized_only=True):
        for block in connection.atomic_blocks:
            # The block that a test wraps around itself is forgiven when settings say so.
            if not (forgiven and getattr(block, "_from_testcase", False)):
                raise InTransaction("the provider must not be called inside a transaction")
