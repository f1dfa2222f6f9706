"""Gift cards and store credit, given by the marketplace."""

import itertools

from commerce.credits import operations, queries
from commerce.kernel.money import Money

_numbers = itertools.count(1)


def make_gift_card(minor: int = 5000, currency: str = "USD") -> tuple[int, str]:
    """A gift card and its code."""
    credit_id = operations.issue(
        kind="gift_card",
        amount=Money(minor, currency),
        business_key=f"test:{next(_numbers)}",
        reason="a present",
        paid_by="losses",
        email="ada@example.com",
    )
    return credit_id, queries.code(credit_id=credit_id)


def make_store_credit(user_id: int, minor: int = 5000, currency: str = "USD") -> int:
    """Store credit of a person."""
    return operations.issue(
        kind="store_credit",
        amount=Money(minor, currency),
        business_key=f"test:{next(_numbers)}",
        reason="an apology",
        paid_by="losses",
        user_id=user_id,
    )
