"""What promotions take off, item by item: pure arithmetic on whole minor units.

An item is a line, or the shipping of one seller's parcel. The rules that decide
which promotions meet on an item are written down in docs/promises/prices.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from commerce.kernel.money import share, split

Kind = Literal["percentage", "fixed", "buy-get", "free-shipping"]
Funder = Literal["platform", "seller"]
Idle = Literal[
    "not-for-these", "minimum", "first-order", "too-few", "shipping-later", "better-offer"
]
"""Why a promotion that is on takes nothing off a cart."""

Item = tuple[Literal["line", "shipping"], int]


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A promotion that is on at this moment and open to this shopper."""

    id: int
    label: str
    kind: Kind
    code: str = ""
    """What must be entered; empty when it applies by itself."""
    funded_by: Funder = "platform"
    percent_bps: int = 0
    """Of a percentage, and of the items that buy-X-get-Y gives away."""
    amount_minor: int = 0
    buy: int = 0
    get: int = 0
    least_minor: int = 0
    """What the covered items must cost at list prices."""
    first_order: bool = False
    seller_ids: frozenset[int] = frozenset()
    product_ids: frozenset[int] = frozenset()
    category_keys: frozenset[str] = frozenset()
    priority: int = 0
    stackable: bool = False
    starts: str = ""
    ends: str = ""
    """As the database writes moments; empty where it never ends."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A line as promotions see it."""

    key: int
    seller_id: int
    product_id: int
    category_keys: frozenset[str]
    unit_minor: int
    quantity: int

    @property
    def total_minor(self) -> int:
        return self.unit_minor * self.quantity


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What one promotion takes off one item."""

    promotion_id: int
    label: str
    code: str
    amount_minor: int
    funded_by: Funder

    def as_dict(self) -> dict[str, object]:
        return {
            "promotion": self.promotion_id,
            "label": self.label,
            "code": self.code,
            "amount_minor": self.amount_minor,
            "funded_by": self.funded_by,
        }


@dataclass
class Cuts:
    """All cuts by item, and why the other promotions took nothing."""

    of: dict[Item, list[Cut]] = field(default_factory=dict)
    idle: dict[int, Idle] = field(default_factory=dict)
    _left: dict[Item, int] = field(default_factory=dict)
    _closed: set[Item] = field(default_factory=set)

    @property
    def items(self) -> Iterable[Item]:
        return self._left

    def left(self, item: Item) -> int:
        return self._left[item]

    def is_open(self, item: Item, promotion: Promotion) -> bool:
        """An exclusive promotion shares no item; stackable ones share with each other."""
        if item in self._closed:
            return False
        return promotion.stackable or item not in self.of

    def take(self, item: Item, promotion: Promotion, minor: int) -> None:
        self._left[item] -= minor
        self.of.setdefault(item, []).append(
            Cut(
                promotion_id=promotion.id,
                label=promotion.label,
                code=promotion.code,
                amount_minor=minor,
                funded_by=promotion.funded_by,
            )
        )
        if not promotion.stackable:
            self._closed.add(item)


def cut(
    *,
    promotions: Iterable[Promotion],
    pieces: Sequence[Piece],
    shipping: Mapping[int, int],
    is_first_order: bool = True,
) -> Cuts:
    """Let promotions take turns: higher priority first, then the larger saving, then the older.

    Nothing ever falls below zero. The order of the pieces does not matter.
    """
    pieces = sorted(pieces, key=lambda piece: piece.key)
    cuts = Cuts(
        _left={("line", piece.key): piece.total_minor for piece in pieces}
        | {("shipping", seller_id): minor for seller_id, minor in sorted(shipping.items())}
    )
    turns: list[tuple[int, int, int, Promotion]] = []
    for promotion in promotions:
        reason = _refusal(promotion, pieces, is_first_order=is_first_order)
        if reason is not None:
            cuts.idle[promotion.id] = reason
            continue
        alone = _taken(promotion, pieces, cuts)
        if not alone:
            cuts.idle[promotion.id] = _nothing(promotion, pieces, cuts)
            continue
        turns.append((-promotion.priority, -sum(alone.values()), promotion.id, promotion))
    for *_, promotion in sorted(turns, key=lambda turn: turn[:3]):
        taken = _taken(promotion, pieces, cuts)
        for item, minor in taken.items():
            cuts.take(item, promotion, minor)
        if not taken:
            cuts.idle[promotion.id] = "better-offer"
    return cuts


def covers(promotion: Promotion, piece: Piece) -> bool:
    """Of its sellers, if it names any, and of its products or categories, if it names any."""
    if promotion.seller_ids and piece.seller_id not in promotion.seller_ids:
        return False
    if not promotion.product_ids and not promotion.category_keys:
        return True
    return piece.product_id in promotion.product_ids or bool(
        piece.category_keys & promotion.category_keys
    )


def _refusal(promotion: Promotion, pieces: Sequence[Piece], *, is_first_order: bool) -> Idle | None:
    covered = [piece for piece in pieces if covers(promotion, piece)]
    if not covered:
        return "not-for-these"
    if promotion.first_order and not is_first_order:
        return "first-order"
    if sum(piece.total_minor for piece in covered) < promotion.least_minor:
        return "minimum"
    return None


def _nothing(promotion: Promotion, pieces: Sequence[Piece], cuts: Cuts) -> Idle:
    """Why a promotion takes nothing though it meets no other."""
    if promotion.kind == "buy-get":
        return "too-few"
    if promotion.kind == "free-shipping" and _parcels(promotion, pieces, cuts) == []:
        known = any(kind == "shipping" for kind, _ in cuts.items)
        return "not-for-these" if known else "shipping-later"
    return "better-offer"


def _taken(promotion: Promotion, pieces: Sequence[Piece], cuts: Cuts) -> dict[Item, int]:
    """What it takes off each item that is still open to it; items with nothing are left out."""
    if promotion.kind == "free-shipping":
        return {
            item: cuts.left(item)
            for item in _parcels(promotion, pieces, cuts)
            if cuts.is_open(item, promotion) and cuts.left(item)
        }
    open_to_it = [
        piece
        for piece in pieces
        if covers(promotion, piece) and cuts.is_open(("line", piece.key), promotion)
    ]
    left = [cuts.left(("line", piece.key)) for piece in open_to_it]
    match promotion.kind:
        case "percentage":
            off = [share(minor, basis_points=promotion.percent_bps) for minor in left]
        case "fixed":
            off = split(min(promotion.amount_minor, sum(left)), weights=left)
        case _:
            off = _given_away(promotion, open_to_it, left)
    return {
        ("line", piece.key): minor for piece, minor in zip(open_to_it, off, strict=True) if minor
    }


def _parcels(promotion: Promotion, pieces: Sequence[Piece], cuts: Cuts) -> list[Item]:
    """The parcels that hold covered items only."""
    mixed = {piece.seller_id for piece in pieces if not covers(promotion, piece)}
    sellers = sorted({piece.seller_id for piece in pieces} - mixed)
    return [("shipping", each) for each in sellers if ("shipping", each) in cuts.items]


def _given_away(promotion: Promotion, pieces: Sequence[Piece], left: Sequence[int]) -> list[int]:
    """In each full group of buy + get units, dearest first, the last `get` are given away."""
    group = promotion.buy + promotion.get
    order = sorted(range(len(pieces)), key=lambda at: (-pieces[at].unit_minor, pieces[at].key))
    grouped = sum(piece.quantity for piece in pieces) // group * group
    off = [0] * len(pieces)
    position = 0
    for at in order:
        end = position + pieces[at].quantity
        count = _given(min(end, grouped), promotion) - _given(min(position, grouped), promotion)
        worth = share(pieces[at].unit_minor * count, basis_points=promotion.percent_bps)
        off[at] = min(worth, left[at])
        position = end
    return off


def _given(position: int, promotion: Promotion) -> int:
    """How many units before a position are given away."""
    group = promotion.buy + promotion.get
    return position // group * promotion.get + max(0, position % group - promotion.buy)
