"""Random lives of a confirmed part: sent, canceled, brought back, lost and refunded in any order,
compared step by step with counts in a dictionary."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.invariants import queries as invariants
from commerce.orders import operations, queries
from commerce.orders.models import OrderLine
from commerce.orders.operations import (
    GivesTooMuch,
    IllegalMove,
    ShipsTooMany,
    TakesTooMany,
    Terms,
)
from commerce.payments.models import Refund
from commerce.payments.operations import RefundTooLarge
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db

ORDERED = 3
places = st.integers(0, 1)
units = st.integers(1, 4)


@dataclass
class Counted:
    shipped: int = 0
    canceled: int = 0
    returned: int = 0
    lost: int = 0
    refunded: int = 0

    @property
    def open(self) -> int:
        return ORDERED - self.shipped - self.canceled

    @property
    def out(self) -> int:
        return self.shipped - self.returned - self.lost

    @property
    def owed(self) -> int:
        return self.canceled + self.returned + self.lost - self.refunded


class Life(RuleBasedStateMachine):
    """Two lines of three units each; another seller's part beside it stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        sold = Sold(seller=make_seller(), unit_minor=4000, quantity=ORDERED, titles=["Mug", "Bowl"])
        self.order = sell(sold, Sold(seller=make_seller()))
        self.part = self.order.seller_orders[0]
        self.lines = [line.id for line in self.part.lines]
        self.counts = [Counted(), Counted()]
        self.state = "confirmed"
        self.keys = 0

    @property
    def waits(self) -> bool:
        return self.state in ("confirmed", "processing")

    def terms(self, kind: str, **more: int) -> Terms:
        self.keys += 1
        return Terms(kind=kind, business_key=f"life:{self.part.id}:{self.keys}", **more)

    def left(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.counts)

    def end(self) -> None:
        """What was sent and of which the shopper keeps nothing has come back."""
        if self.state in ("shipped", "delivered") and not self.left("open") + self.left("out"):
            self.state = "returned"

    @rule(place=places, count=units)
    def send(self, place: int, count: int) -> None:
        quantities = {self.lines[place]: count}
        fits = self.waits and count <= self.counts[place].open
        try:
            operations.record_shipped(seller_order_id=self.part.id, quantities=quantities)
        except (ShipsTooMany, IllegalMove):
            assert not fits
            return
        assert fits
        self.counts[place].shipped += count
        self.state = "processing" if self.left("open") else "shipped"

    @rule(place=places, count=units, again=st.booleans())
    def cancel(self, place: int, count: int, again: bool) -> None:
        terms = self.terms("canceled")
        asked = {"seller_order_id": self.part.id, "units": {self.lines[place]: count}}
        line = self.counts[place]
        fits = self.waits and count <= line.open
        try:
            given = operations.cancel_units(**asked, terms=terms)
        except (TakesTooMany, IllegalMove):
            assert not fits
            return
        assert fits
        if again:
            assert operations.cancel_units(**asked, terms=terms) == given
        line.canceled += count
        line.refunded += count
        if not self.left("open"):
            self.state = "shipped" if self.left("shipped") else "canceled"
            self.end()

    @rule(place=places, count=units, arrives=st.booleans())
    def come_back_or_get_lost(self, place: int, count: int, arrives: bool) -> None:
        line = self.counts[place]
        fits = count <= line.out
        record = operations.record_returned if arrives else operations.record_lost
        try:
            record(seller_order_id=self.part.id, units={self.lines[place]: count})
        except TakesTooMany:
            assert not fits
            return
        assert fits
        line.returned += count if arrives else 0
        line.lost += 0 if arrives else count
        self.end()

    @rule(place=places, count=units)
    def refund(self, place: int, count: int) -> None:
        line = self.counts[place]
        try:
            operations.refund_units(
                seller_order_id=self.part.id,
                units={self.lines[place]: count},
                terms=self.terms("returned"),
            )
        except TakesTooMany:
            assert count > line.owed
            return
        assert count <= line.owed
        line.refunded += count

    @rule(minor=st.integers(1, 9000))
    def give_goodwill(self, minor: int) -> None:
        left = self.part.total.minor - self.given()
        try:
            operations.give_goodwill(
                seller_order_id=self.part.id, terms=self.terms("goodwill", goodwill_minor=minor)
            )
        except (GivesTooMuch, RefundTooLarge):
            return
        assert minor <= left

    @rule()
    def arrive(self) -> None:
        try:
            operations.advance(seller_order_id=self.part.id, to_state="delivered")
        except IllegalMove:
            assert self.state not in ("shipped", "delivered")
            return
        self.state = "delivered"

    def given(self) -> int:
        found = queries.adjustments_of(seller_order_ids=[self.part.id]).get(self.part.id, [])
        return sum(each.refund.minor for each in found)

    @invariant()
    def the_part_is_what_the_model_says(self) -> None:
        names = [f"{name}_quantity" for name in Counted.__dataclass_fields__]
        rows = OrderLine.objects.filter(pk__in=self.lines).order_by("pk").values_list(*names)
        assert [Counted(*row) for row in rows] == self.counts
        [part] = queries.seller_orders_by_id(seller_order_ids=[self.part.id]).values()
        assert part.state == self.state

    @invariant()
    def no_more_is_given_back_than_was_paid(self) -> None:
        given = self.given()
        assert given <= self.part.total.minor
        asked = Refund.objects.filter(payment__order_token=self.order.token)
        assert sum(asked.values_list("amount_minor", flat=True)) == given

    def teardown(self) -> None:
        check_deferred_constraints()
        broken = [result.rule for result in invariants.broken()]
        assert [rule for rule in broken if "parcels" not in rule] == []  # there are none here


def test_whatever_happens_to_a_part_each_unit_is_counted_once() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=8,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
