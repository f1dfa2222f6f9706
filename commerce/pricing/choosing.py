"""Which price counts: the seller's own, or a list's that is open to the shopper. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commerce.kernel.money import Money

from .quote import Step


@dataclass(frozen=True, kw_only=True)
class ListedPrice:
    """One entry of a list that is on and open to this shopper."""

    list_id: int
    name: str
    priority: int
    tax_included: bool
    for_group: bool
    until: str
    min_quantity: int
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class Tier:
    """What one costs when at least so many are bought."""

    from_quantity: int
    amount: Money
    tax_included: bool
    steps: tuple[Step, ...]
    for_group: bool = False
    """By a list for a group that the shopper belongs to."""


def tiers_of(*, base: Money, tax_included: bool, listed: Sequence[ListedPrice]) -> tuple[Tier, ...]:
    """Return the prices by quantity, the first from one piece on.

    At each quantity the list of the highest priority that has a price for it decides, of
    equal ones the lower price; without any the base price. A list's price is the one of
    the largest quantity that is reached.
    """
    found: list[Tier] = []
    for quantity in sorted({1, *(entry.min_quantity for entry in listed)}):
        tier = _tier(quantity, base, listed, tax_included=tax_included)
        same = found and (found[-1].amount, found[-1].tax_included) == (
            tier.amount, tier.tax_included,
        )  # fmt: skip
        if not same:
            found.append(tier)
    return tuple(found)


def tier_at(tiers: Sequence[Tier], quantity: int) -> Tier:
    """Return what counts for so many."""
    return [tier for tier in tiers if tier.from_quantity <= max(quantity, 1)][-1]


def _tier(quantity: int, base: Money, listed: Sequence[ListedPrice], *, tax_included: bool) -> Tier:
    steps: list[dict[str, Any]] = [{"step": "base", "unit_minor": base.minor}]
    reached = [entry for entry in listed if entry.min_quantity <= quantity]
    best: dict[int, ListedPrice] = {}
    for entry in sorted(reached, key=lambda entry: entry.min_quantity):
        best[entry.list_id] = entry
    if not best:
        return Tier(
            from_quantity=quantity, amount=base, tax_included=tax_included, steps=tuple(steps)
        )
    chosen = min(
        best.values(), key=lambda entry: (-entry.priority, entry.amount_minor, entry.list_id)
    )
    steps.append(
        {
            "step": "list",
            "list": chosen.list_id,
            "name": chosen.name,
            "until": chosen.until,
            "from_quantity": chosen.min_quantity,
            "unit_minor": chosen.amount_minor,
        }
    )
    return Tier(
        from_quantity=quantity,
        amount=Money(chosen.amount_minor, base.currency),
        tax_included=chosen.tax_included,
        steps=tuple(steps),
        for_group=chosen.for_group,
    )
