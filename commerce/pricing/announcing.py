"""What promotions that apply by themselves make of a price, before anything is in a cart. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from commerce.kernel.money import Money

from .discounts import Cuts, Promotion, covers, cut
from .quote import QuoteLine, piece_of

Written = Callable[[Money], str]
_NOTIONAL = 1
"""What sending costs, where it only matters whether it is free."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The promotions without a code that are on, as they meet one shopper and a stranger."""

    own: tuple[Promotion, ...] = ()
    public: tuple[Promotion, ...] = ()
    has_lists: bool = False
    """A price list is on that is for the shopper's groups alone."""

    @property
    def asks_for_first_order(self) -> bool:
        return any(promotion.first_order for promotion in self.own)


@dataclass(frozen=True, kw_only=True)
class Announced:
    """What one piece comes to, and the promotions to tell of, those that reduce it first."""

    amount_minor: int
    taken: tuple[Promotion, ...] = ()
    """What a cart with one of it uses."""
    others: tuple[Promotion, ...] = ()
    """What more of it, or the parcel, would get."""


def announce(
    *, line: QuoteLine, promotions: Sequence[Promotion], is_first_order: bool | None
) -> Announced:
    """Let promotions take turns on one piece as they would in a cart that holds nothing else.

    Whether it is the shopper's first order may not be known: then what asks for it is
    told, and takes nothing off the price.
    """
    one = replace(line, quantity=1)
    piece = piece_of(one)
    own = [promotion for promotion in promotions if covers(promotion, piece)]
    cuts = _cuts(one, own, is_first_order=bool(is_first_order))
    of_line = cuts.of.get(("line", one.key), ())
    by_id = {promotion.id: promotion for promotion in own}
    taken = tuple(by_id[each.promotion_id] for each in of_line)
    others = tuple(
        promotion
        for promotion in own
        if promotion not in taken and _would_take(one, promotion, own, is_first_order)
    )
    return Announced(
        amount_minor=one.unit_minor - sum(each.amount_minor for each in of_line),
        taken=taken,
        others=others,
    )


def _cuts(line: QuoteLine, own: Sequence[Promotion], *, is_first_order: bool) -> Cuts:
    return cut(
        promotions=own,
        pieces=[piece_of(line)],
        shipping={line.seller_id: _NOTIONAL},
        is_first_order=is_first_order,
    )


def _would_take(
    line: QuoteLine, promotion: Promotion, own: Sequence[Promotion], is_first_order: bool | None
) -> bool:
    """Whether it takes something once there are enough, against all others that are on."""
    has_conditions = (
        promotion.kind in ("buy-get", "free-shipping")
        or promotion.least_minor > line.unit_minor
        or (promotion.first_order and is_first_order is None)
    )
    if not has_conditions:
        return False
    supposed = promotion.first_order if is_first_order is None else is_first_order
    cuts = _cuts(enough(line, promotion), own, is_first_order=supposed)
    used = {each.promotion_id for item in cuts.of.values() for each in item}
    return promotion.id in used


def enough(line: QuoteLine, promotion: Promotion) -> QuoteLine:
    """Raise a line's quantity until the promotion's minimum and a full group are reached."""
    if not covers(promotion, piece_of(line)) or not line.unit_minor:
        return line
    for_minimum = -(-promotion.least_minor // line.unit_minor)
    quantity = min(999, max(line.quantity, promotion.buy + promotion.get, for_minimum))
    return replace(line, quantity=quantity)


def short_words(*, promotion: Promotion, currency: str, written: Written = str) -> str:
    """Say what it gives in as few words as fit a tile: "20% off", "Buy 2, get 1 free"."""
    percent = f"{promotion.percent_bps / 100:g}%"
    match promotion.kind:
        case "percentage":
            words = f"{percent} off"
        case "fixed":
            words = f"{written(Money(promotion.amount_minor, currency))} off"
        case "buy-get":
            given = "free" if promotion.percent_bps == 10_000 else f"at {percent} off"
            words = f"Buy {promotion.buy}, get {promotion.get} {given}"
        case _:
            words = "Free shipping"
    if promotion.least_minor:
        words += f" from {written(Money(promotion.least_minor, currency))}"
    return words


def words(*, promotion: Promotion, currency: str, written: Written = str) -> str:
    """Say what it gives, for what and until when: "20% off until 30 Nov"."""
    told = short_words(promotion=promotion, currency=currency, written=written)
    if promotion.first_order:
        told += " your first order"
    elif promotion.kind == "fixed":
        told += " once an order"
    return f"{told}{until(promotion.ends)}"


def until(ends: str) -> str:
    """Say the last day, or the hour where it ends within a day: " until 30 Nov"."""
    if not ends:
        return ""
    moment = datetime.fromisoformat(ends).astimezone(UTC)
    last = moment - timedelta(microseconds=1)
    if last.date() != moment.date():
        return f" until {last.day} {last:%b}"
    return f" until {moment.day} {moment:%b}, {moment:%H:%M} UTC"
