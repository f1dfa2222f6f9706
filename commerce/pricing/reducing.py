"""What a reduction by promotions is compared with where the law asks: pure.

EU 2019/2161: the lowest price that everybody could pay in the thirty days before the
reduction began. A reduction that was on then counts with the price it made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .announcing import announce
from .discounts import Promotion
from .quote import QuoteLine

WINDOW = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """One piece whose price promotions reduce now."""

    line: QuoteLine
    by: tuple[Promotion, ...]


@dataclass(frozen=True, kw_only=True)
class Spell:
    """A promotion as it was without a break in between; until now when nothing ended it."""

    promotion: Promotion
    since: datetime
    until: datetime | None
    is_now: bool


def began(by: Sequence[Promotion], spells: Sequence[Spell]) -> datetime:
    """Return when the reduction that is on began: with the first of its promotions."""
    return min(_began(promotion, spells) for promotion in by)


def _began(promotion: Promotion, spells: Sequence[Spell]) -> datetime:
    """Changes without a break belong to one reduction; switched on again it is a new one."""
    own = [spell for spell in spells if spell.promotion.id == promotion.id]
    if not own or not own[-1].is_now:
        return datetime.fromisoformat(promotion.starts)
    since = own[-1].since
    for spell in reversed(own):
        if spell.until is not None and spell.until < since:
            break
        since = spell.since
    return since


def after_earlier(line: QuoteLine, spells: Sequence[Spell], since: datetime) -> int:
    """Return the lowest price with what any one earlier promotion took off it."""
    earlier = [
        spell.promotion
        for spell in spells
        if spell.since < since and (spell.until is None or spell.until > since - WINDOW)
    ]
    made = (
        announce(line=line, promotions=[promotion], is_first_order=False).amount_minor
        for promotion in earlier
    )
    return min([line.unit_minor, *made])
