"""Random lives of stock, compared step by step with books kept a second time in Python."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.inventory import operations
from commerce.inventory.models import Reservation, Stock, StockMovement, Unit
from commerce.inventory.operations import (
    BelowReserved,
    DifferentHold,
    HoldLost,
    NegativeStock,
    NotEnoughThere,
    OutOfStock,
)
from commerce.inventory.types import PolicyData, StockInput
from tests.factories.catalog import make_variants
from tests.factories.inventory import lapse, stock_up

Shelf = tuple[int, int]

holders = st.sampled_from(["ann", "bob", "cid"])
carts = st.sampled_from(["1", "2"])
wishes = st.dictionaries(st.integers(0, 2), st.integers(1, 9), min_size=1, max_size=3)


class Books(RuleBasedStateMachine):
    """Three variants at two places; a hold is a list of units taken from shelves."""

    def __init__(self) -> None:
        super().__init__()
        Reservation.objects.filter(state="active").update(state="released")
        number = Stock.objects.count()
        self.variants = list(make_variants(skus=[f"{number}-{n}" for n in range(3)]).values())
        self.places: list[list[int]] = []
        self.on_hand: Counter[Shelf] = Counter()
        for variant_id in self.variants:
            for place, units in (("Front", 3), ("Back", 7)):
                location_id = stock_up(variant_id, units, place=place)
                self.on_hand[variant_id, location_id] = units
        self.holds: dict[str, Counter[Shelf]] = {}
        self.turn = 0
        self.deadlines: dict[str, Any] = {}
        self.names: dict[str, str] = {}

    def name(self, holder: str) -> str:
        """Holders are never used twice once they bought: a new order has a new token."""
        return self.names.setdefault(holder, f"{holder}-{self.variants[0]}-{self.turn}")

    def reserved(self) -> Counter[Shelf]:
        return sum(self.holds.values(), Counter())

    def choose(self, wanted: dict[int, int]) -> Counter[Shelf] | None:
        """Take from the first place that has enough, else from place after place."""
        taken: Counter[Shelf] = Counter()
        reserved = self.reserved()
        for variant_id, units in wanted.items():
            free = {
                shelf: self.on_hand[shelf] - reserved[shelf]
                for shelf in sorted(self.on_hand)
                if shelf[0] == variant_id
            }
            if sum(free.values()) < units:
                return None
            whole = next((shelf for shelf, count in free.items() if count >= units), None)
            for shelf, count in {whole: units}.items() if whole else free.items():
                taken[shelf] = min(count, units)
                units -= taken[shelf]
        return +taken

    @rule(holder=holders, wish=wishes)
    def reserve(self, holder: str, wish: dict[int, int]) -> None:
        wanted = {self.variants[index]: units for index, units in wish.items()}
        expected = self.choose(wanted)
        before = self.holds.get(holder)
        try:
            operations.reserve(holder=self.name(holder), quantities=wanted)
        except OutOfStock:
            assert before is None
            assert expected is None
        except DifferentHold:
            assert before is not None
            assert by_variant(before) != wanted
        else:
            self.holds[holder] = before or expected or Counter()
            assert by_variant(self.holds[holder]) == wanted

    @rule(holder=carts, wish=wishes)
    def begin(self, holder: str, wish: dict[int, int]) -> None:
        """A checkout holds what is asked for in place of what it held, until the same moment."""
        wanted = {self.variants[index]: units for index, units in wish.items()}
        before = self.holds.pop(holder, None)
        expected = before if before and by_variant(before) == wanted else self.choose(wanted)
        try:
            until = operations.hold_for_checkout(
                cart_id=self.cart(holder), quantities=wanted, minutes=15
            )
        except OutOfStock:
            assert expected is None
            if before is not None:
                self.holds[holder] = before
        else:
            assert expected is not None
            assert self.deadlines.setdefault(holder, until) == until
            self.holds[holder] = expected

    @rule(holder=carts, wish=wishes)
    def take_over(self, holder: str, wish: dict[int, int]) -> None:
        """What is ordered is taken over when it is just what is held; else it stays."""
        held = self.holds.get(holder)
        wanted = {self.variants[index]: units for index, units in wish.items()}
        if held is not None and len(wish) > 1:
            wanted = by_variant(held)  # or hardly any would fit
        order = f"order-{self.variants[0]}-{self.turn}"
        taken = operations.take_over(
            cart_id=self.cart(holder), holder=order, quantities=wanted, minutes=35
        )
        assert taken == (held is not None and by_variant(held) == wanted)
        if taken and held is not None:
            operations.claim(holder=order)
            self.on_hand.subtract(held)
            del self.holds[holder], self.deadlines[holder]
            self.turn += 1

    @rule(holder=carts)
    def leave(self, holder: str) -> None:
        """Nobody comes back: it lapses, and an hour later the cart may hold again."""
        lapse(operations.checkout_holder(self.cart(holder)))
        operations.release_lapsed()
        self.holds.pop(holder, None)
        self.deadlines.pop(holder, None)

    def cart(self, holder: str) -> int:
        return self.variants[0] * 10 + int(holder)

    @rule(holder=holders)
    def claim(self, holder: str) -> None:
        held = self.holds.pop(holder, None)
        try:
            operations.claim(holder=self.name(holder))
        except HoldLost:
            assert held is None
        else:
            assert held is not None
            self.on_hand.subtract(held)
            self.forget(holder)

    @rule(holder=holders, wish=wishes)
    def claim_again(self, holder: str, wish: dict[int, int]) -> None:
        """Claim with quantities: what is not held as wished is given back and taken anew."""
        wanted = {self.variants[index]: units for index, units in wish.items()}
        held = self.holds.pop(holder, None)
        if held is None or by_variant(held) != wanted:
            held = self.choose(wanted)
        try:
            operations.claim(holder=self.name(holder), quantities=wanted)
        except OutOfStock:
            assert held is None
        else:
            assert held is not None
            self.on_hand.subtract(held)
            self.forget(holder)

    def forget(self, holder: str) -> None:
        self.turn += 1
        del self.names[holder]

    @rule(holder=holders)
    def release(self, holder: str) -> None:
        operations.release(holder=self.name(holder))
        self.holds.pop(holder, None)

    @rule(holder=holders)
    def run_out_of_time(self, holder: str) -> None:
        lapse(self.name(holder))
        operations.release_lapsed()
        self.holds.pop(holder, None)

    @rule(index=st.integers(0, 2), place=st.integers(0, 1), count=st.integers(-1, 12))
    def count(self, index: int, place: int, count: int) -> None:
        shelf = self.shelf(index, place)
        try:
            operations.set_many(
                counts=[StockInput(variant_id=shelf[0], location_id=shelf[1], on_hand=count)],
                cause="count",
            )
        except NegativeStock:
            assert count < 0
        except BelowReserved:
            assert self.reserved()[shelf] > count
        else:
            self.on_hand[shelf] = count

    @rule(index=st.integers(0, 2), place=st.integers(0, 1), delta=st.integers(-6, 6))
    def adjust(self, index: int, place: int, delta: int) -> None:
        shelf = self.shelf(index, place)
        after = self.on_hand[shelf] + delta
        try:
            operations.adjust(
                variant_id=shelf[0], location_id=shelf[1], delta=delta, cause="adjustment"
            )
        except NegativeStock:
            assert after < 0
        except BelowReserved:
            assert self.reserved()[shelf] > after
        else:
            self.on_hand[shelf] = after

    @rule(index=st.integers(0, 2), by_unit=st.booleans())
    def switch(self, index: int, by_unit: bool) -> None:
        """How free units are kept makes no difference to anybody."""
        operations.set_policy(variant_id=self.variants[index], policy=PolicyData(by_unit=by_unit))

    @rule(index=st.integers(0, 2), source=st.integers(0, 1), units=st.integers(1, 6))
    def transfer(self, index: int, source: int, units: int) -> None:
        here, there = self.shelf(index, source), self.shelf(index, 1 - source)
        try:
            operations.transfer(
                variant_id=here[0], from_location=here[1], to_location=there[1],
                quantity=units, cause="moved",
            )  # fmt: skip
        except NotEnoughThere:
            assert self.on_hand[here] - self.reserved()[here] < units
        else:
            self.on_hand[here] -= units
            self.on_hand[there] += units

    @rule(index=st.integers(0, 2), place=st.integers(0, 1), units=st.integers(1, 4))
    def put_back(self, index: int, place: int, units: int) -> None:
        shelf = self.shelf(index, place)
        operations.put_back(
            variant_id=shelf[0], location_id=shelf[1], quantity=units, cause="returned",
            reference="R-1",
        )  # fmt: skip
        self.on_hand[shelf] += units

    def shelf(self, index: int, place: int) -> Shelf:
        shelves = sorted(shelf for shelf in self.on_hand if shelf[0] == self.variants[index])
        return shelves[place]

    @invariant()
    def the_books_agree(self) -> None:
        rows = Stock.objects.filter(variant_id__in=self.variants)
        written: dict[Shelf, Any] = {
            (row.variant_id, row.location_id): (row.on_hand, row.reserved + single(row))
            for row in rows
        }
        reserved = self.reserved()
        assert written == {shelf: (count, reserved[shelf]) for shelf, count in self.on_hand.items()}

    @invariant()
    def movements_explain_the_shelves(self) -> None:
        moved: Counter[Shelf] = Counter()
        for movement in StockMovement.objects.filter(
            stock__variant_id__in=self.variants
        ).select_related("stock"):
            moved[movement.stock.variant_id, movement.stock.location_id] += movement.delta
        assert +moved == +self.on_hand


def single(row: Stock) -> int:
    """Units of a row that are held one by one; the others and the free ones are all there is."""
    held = Reservation.objects.filter(stock=row, state="active", by_unit=True)
    units = sum(held.values_list("quantity", flat=True))
    free = Unit.objects.filter(stock=row).count()
    assert free == (row.on_hand - row.reserved - units if row.by_unit else 0)
    return units


def by_variant(hold: Counter[Shelf]) -> dict[int, int]:
    total: Counter[int] = Counter()
    for (variant_id, _), units in hold.items():
        total[variant_id] += units
    return dict(total)


@pytest.mark.django_db
def test_the_books_agree_with_a_second_set_after_every_step() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
