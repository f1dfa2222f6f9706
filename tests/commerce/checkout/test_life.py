"""Random lives of orders: whatever shopper, provider, sweeper and clock do in whatever order, money
and orders end up in pairs."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.cart import queries as carts
from commerce.checkout import operations as checkout
from commerce.checkout.operations import CheckoutRefused
from commerce.checkout.types import Placed
from commerce.gateways import stripe_calls
from commerce.invariants import queries as invariants
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Refund
from devtools.stripe_double import StripeDouble
from tests.factories.cart import make_cart
from tests.factories.inventory import lapse
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart, tell_everything
from tests.support.provider import DECLINED, charges, deliver, notices
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db

UNITS = 2
shoppers = st.integers(0, 2)


def machine(double: StripeDouble) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """Three shoppers, two units."""

        def __init__(self) -> None:
            super().__init__()
            double.reset()
            stripe_calls.breaker.succeeded()
            ready = make_ready_cart([Wanted(on_hand=UNITS)])
            self.variants = ready.variants
            wants = dict.fromkeys(ready.variants, 1)
            self.carts = [ready.token] + [make_cart(wants) for _ in range(2)]
            self.totals = [tell_everything(token) for token in self.carts]
            self.placed: dict[int, Placed] = {}
            self.told = 0

        @rule(who=shoppers)
        def begin(self, who: int) -> None:
            try:
                checkout.begin(cart_token=self.carts[who])
            except CheckoutRefused:
                return

        @rule(who=shoppers)
        def the_checkout_lapses(self, who: int) -> None:
            lapse(inventory.checkout_holder(carts.cart_id_of(token=self.carts[who])))
            inventory.release_lapsed()

        @rule(who=shoppers)
        def place(self, who: int) -> None:
            try:
                self.placed[who] = checkout.place(
                    cart_token=self.carts[who],
                    user_id=None,
                    expected_total=self.totals[who],
                    return_url=RETURN_URL,
                )
            except CheckoutRefused:
                return

        @rule(who=shoppers, card=st.sampled_from(["4242424242424242", DECLINED]))
        def pay(self, who: int, card: str) -> None:
            placed = self.placed.get(who)
            if placed and placed.payment_url:
                double.pay(placed.payment_url, card=card)

        @rule(who=shoppers)
        def come_back(self, who: int) -> None:
            if placed := self.placed.get(who):
                checkout.finalise(order_token=placed.order_token)

        @rule(who=shoppers)
        def turn_back(self, who: int) -> None:
            if placed := self.placed.get(who):
                checkout.abandon(order_token=placed.order_token)

        @rule(who=shoppers)
        def try_again(self, who: int) -> None:
            if placed := self.placed.get(who):
                try:
                    self.placed[who] = checkout.retry_payment(order_token=placed.order_token)
                except CheckoutRefused:
                    return

        @rule(who=shoppers)
        def the_hold_lapses(self, who: int) -> None:
            if placed := self.placed.get(who):
                lapse(placed.order_token)
                inventory.release_lapsed()

        @rule()
        def a_notice_arrives(self) -> None:
            texts = notices(double)
            if texts:
                deliver(texts[self.told % len(texts)])
                self.told += 1

        @rule()
        def the_sweeper_comes(self) -> None:
            pass_minutes(2)
            checkout.sweep()

        @invariant()
        def no_more_is_sold_than_there_is(self) -> None:
            sold = Order.objects.filter(
                state="confirmed", token__in=[p.order_token for p in self.placed.values()]
            ).count()
            [shelf] = stock.available(variant_ids=self.variants).values()
            assert sold <= UNITS
            assert shelf.on_hand == UNITS - sold
            assert 0 <= shelf.reserved <= shelf.on_hand

        def teardown(self) -> None:
            """Everybody goes home; what was begun is finished."""
            for placed in self.placed.values():
                checkout.abandon(order_token=placed.order_token)
            for _ in range(2):
                for text in notices(double):
                    deliver(text)
                pass_minutes(2)
                checkout.sweep()
                Refund.objects.update(due_at="2026-01-01T00:00Z")
                payments.send_refunds()
            inventory.release_lapsed()
            tokens = {placed.order_token for placed in self.placed.values()}
            confirmed = set(
                Order.objects.filter(state="confirmed", token__in=tokens).values_list(
                    "token", flat=True
                )
            )
            kept = [
                charge["metadata"]["order_token"]
                for charge in charges(double)
                if charge["amount_refunded"] < charge["amount"]
            ]
            assert sorted(kept) == sorted(confirmed)
            broken: list[Any] = invariants.broken()
            assert broken == []

    return Life


def test_money_and_orders_end_up_in_pairs(double: StripeDouble) -> None:
    run_state_machine_as_test(
        machine(double),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
