"""What the rig does inside the shop, each in a process of its own. Public operations only."""

from __future__ import annotations

from typing import Any


def check_invariants() -> list[dict[str, Any]]:
    """Every rule with its count, including those that hold."""
    from commerce.invariants import queries

    return [
        {"code": result.code, "rule": result.rule, "violations": result.violations}
        for result in queries.check_all()
    ]


def set_stock(*, counts: list[list[int]]) -> None:
    from commerce.inventory import operations

    for variant_id, location_id, on_hand in counts:
        operations.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=on_hand, cause="drill"
        )
