"""Random lives of a cart, compared step by step with a dictionary and some counts."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commerce.cart import operations, queries
from commerce.cart.models import Cart
from commerce.cart.operations import CartClosed, LineGone, NotForSale, QuantityLimited
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.inventory import stock_up

pytestmark = pytest.mark.django_db

goods = st.integers(0, 2)
units = st.integers(1, 12)


class Life(RuleBasedStateMachine):
    """One cart and three goods, of which the seller has more or fewer each day. Its guest may sign
    in, which joins it with what the person had in a cart before, and may order and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.stock = [0, 4, 9]
        self.variants = [make_sellable(on_hand=on_hand) for on_hand in self.stock]
        self.token = make_cart()
        self.lines: dict[int, int] = {}
        self.is_guest = True
        self.is_open = True

    def line_of(self, good: int) -> int | None:
        lines = queries.contents(token=self.token).lines
        return next((line.id for line in lines if line.variant_id == self.variants[good]), None)

    @precondition(lambda self: self.is_open)
    @rule(good=goods, quantity=units)
    def add(self, good: int, quantity: int) -> None:
        wanted = self.lines.get(good, 0) + quantity
        try:
            operations.add(token=self.token, variant_id=self.variants[good], quantity=quantity)
        except NotForSale:
            assert self.stock[good] == 0
            return
        except QuantityLimited:
            assert self.stock[good] < wanted
        else:
            assert wanted <= self.stock[good]
        self.lines[good] = min(wanted, self.stock[good])

    @precondition(lambda self: self.is_open)
    @rule(good=goods, quantity=units)
    def change(self, good: int, quantity: int) -> None:
        line_id = self.line_of(good)
        try:
            operations.set_quantity(token=self.token, line_id=line_id or 0, quantity=quantity)
        except LineGone:
            assert good not in self.lines
            return
        except NotForSale:
            assert self.stock[good] == 0
            return
        except QuantityLimited:
            assert self.stock[good] < quantity
        else:
            assert quantity <= self.stock[good]
        self.lines[good] = min(quantity, self.stock[good])

    @precondition(lambda self: self.is_open)
    @rule(good=goods)
    def remove(self, good: int) -> None:
        line_id = self.line_of(good)
        try:
            operations.remove(token=self.token, line_id=line_id or 0)
        except LineGone:
            assert good not in self.lines
        else:
            del self.lines[good]

    @rule(good=goods, on_hand=st.integers(0, 9))
    def the_seller_counts(self, good: int, on_hand: int) -> None:
        stock_up(self.variants[good], on_hand)
        self.stock[good] = on_hand

    @precondition(lambda self: self.is_open)
    @rule(wishes=st.dictionaries(goods, units, max_size=3))
    def somebody_signs_in(self, wishes: dict[int, int]) -> None:
        """Of what is in both carts the larger count stays; a cart that has its person stays so."""
        person = make_user()
        before = {good: min(units, self.stock[good]) for good, units in wishes.items()}
        before = {good: units for good, units in before.items() if units}
        own = make_cart({self.variants[g]: n for g, n in before.items()}, user_id=person.pk)
        for _ in range(2):
            joined = operations.merge(guest_token=self.token, user_id=person.pk)
            assert joined == own
        if self.is_guest:
            goods_of_both = self.lines.keys() | before.keys()
            self.lines = {
                good: max(self.lines.get(good, 0), before.get(good, 0)) for good in goods_of_both
            }
            self.token, self.is_guest = own, False

    @rule()
    def order_or_come_back(self) -> None:
        """A cart that was ordered takes nothing more until its order failed."""
        cart = Cart.objects.get(token=self.token)
        if self.is_open:
            operations.mark_ordered(cart_id=cart.pk)
            with pytest.raises(CartClosed):
                operations.add(token=self.token, variant_id=self.variants[2], quantity=1)
        else:
            assert operations.reopen(cart_id=cart.pk) == self.token
        self.is_open = not self.is_open

    @precondition(lambda self: self.is_open)
    @invariant()
    def the_cart_holds_what_was_put_into_it(self) -> None:
        found = {
            self.variants.index(line.variant_id): line.quantity
            for line in queries.contents(token=self.token).lines
        }
        assert found == self.lines
        assert queries.count(token=self.token) == sum(self.lines.values())


def test_a_cart_holds_what_was_asked_for_and_what_there_is() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
