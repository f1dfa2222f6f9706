"""What some units of a line are worth, so that all its units together are worth the line."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from commerce.kernel.money import split

from .types import AdjustmentData, LineData


@dataclass(frozen=True, kw_only=True)
class LineShare:
    """Amounts in minor units; `goods` is net of discount."""

    goods_minor: int
    platform_discount_minor: int
    tax_minor: int
    included_tax_minor: int
    commission_minor: int

    @property
    def paid_minor(self) -> int:
        """What the shopper paid for these units, with their tax."""
        return self.goods_minor + self.tax_minor

    @property
    def earning_minor(self) -> int:
        """What the seller was credited for these units."""
        return (
            self.goods_minor
            + self.platform_discount_minor
            - self.included_tax_minor
            - self.commission_minor
        )


def share_of(line: LineData, *, after: int, count: int) -> LineShare:
    """Return what `count` units are worth when `after` units were taken before them.

    Each amount is split over the units by largest remainder, earlier units first,
    so any sequence that takes every unit once returns each cent once. Raises
    ValueError when the line has not so many units left.
    """
    if count < 1 or after < 0 or after + count > line.quantity:
        raise ValueError(f"{line.quantity} units, {after} taken: cannot take {count}")
    whole = {
        "goods_minor": line.total.minor - line.discount.minor,
        "platform_discount_minor": line.platform_discount.minor,
        "tax_minor": line.tax.minor,
        "included_tax_minor": line.included_tax.minor,
        "commission_minor": line.commission.minor,
    }
    units = [1] * line.quantity
    return LineShare(
        **{
            field.name: sum(split(whole[field.name], weights=units)[after : after + count])
            for field in fields(LineShare)
        }
    )


def advance_of(
    given: Iterable[AdjustmentData], *, total_minor: int, gross_minor: int, withheld_minor: int = 0
) -> tuple[int, int]:
    """Return what of units' money the shopper had as goodwill before, and what of that the
    marketplace had borne, in minor units.

    Goodwill is for what the shopper keeps: it counts as given for units that come back
    only when what is kept costs less than it. `given` is what the part gave back so far.
    """
    given = list(given)

    def together(name: str) -> int:
        return sum(getattr(each, name).minor for each in given)

    over = together("refund") + together("withheld") + gross_minor - total_minor
    outstanding = together("goodwill") - together("advanced")
    advanced = max(min(over, outstanding, gross_minor - withheld_minor), 0)
    borne = sum(each.borne.minor for each in given if each.kind == "goodwill")
    return advanced, max(min(advanced, borne - together("recovered")), 0)
