"""Random lives of a gift card: nothing of it is spent twice, and nothing of it is lost."""

import pytest
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commerce.checkout import operations as checkout
from commerce.credits import operations
from commerce.credits.models import Credit, Spend
from commerce.kernel.money import Money
from commerce.ledger import queries as books
from devtools.stripe_double import StripeDouble
from tests.factories.cart import make_cart
from tests.factories.credits import make_gift_card
from tests.factories.inventory import stock_up
from tests.factories.orders import make_ready_cart, tell_everything
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def machine(double: StripeDouble) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """One card; the model is what is left of it, and what each open order holds."""

        def __init__(self) -> None:
            super().__init__()
            double.reset()
            ready = make_ready_cart()
            self.variant, self.total = ready.variants[0], ready.total.minor
            stock_up(self.variant, 1000)
            self.owed_before = books.balance(code="giftcards", currency="USD")
            self.issued = 3 * self.total + self.total // 2
            self.card, self.code = make_gift_card(self.issued)
            self.left, self.spent, self.gone = self.issued, 0, 0
            self.open: dict[str, int] = {}
            self.usable, self.void = True, False

        @rule()
        def order_with_the_card(self) -> None:
            token = make_cart({self.variant: 1})
            total = tell_everything(token)
            assert total.minor == self.total
            try:
                checkout.add_gift_card(cart_token=token, code=self.code)
            except checkout.CheckoutRefused:
                assert not self.usable or not self.left
                return
            assert self.usable
            assert self.left
            used = min(self.left, self.total)
            placed = checkout.place(
                cart_token=token,
                user_id=None,
                expected_total=total,
                expected_due=Money(total.minor - used, "USD"),
                return_url="https://shop.example/checkout/ORDER/",
            )
            self.left -= used
            if placed.payment_url is None:
                self.spent += used
            else:
                self.open[placed.order_token] = used

        @precondition(lambda self: self.open)
        @rule(pays=st.booleans())
        def an_open_order_ends(self, pays: bool) -> None:
            token, used = self.open.popitem()
            if pays:
                payment = double.world.store.newest_first("checkout.session")
                url = next(each["url"] for each in payment if each["client_reference_id"] == token)
                double.pay(url)
                assert checkout.finalise(order_token=token) == "confirmed"
                self.spent += used
            else:
                assert checkout.abandon(order_token=token) == "canceled"
                self.left += used
                self.usable = not self.void  # what comes back may be used for a while

        @rule()
        def time_runs_out(self) -> None:
            Credit.objects.filter(pk=self.card).update(expires_at=Now())
            operations.expire()
            self.gone, self.left = self.gone + self.left, 0
            self.usable = False

        @rule()
        def staff_void_it(self) -> None:
            try:
                operations.void(credit_id=self.card, reason="stolen")
            except operations.NothingToVoid:
                assert not self.left
            else:
                self.gone, self.left = self.gone + self.left, 0
                self.usable, self.void = False, True

        @invariant()
        def the_card_says_what_the_model_says(self) -> None:
            card = Credit.objects.get(pk=self.card)
            held = sum(self.open.values())
            assert (card.balance_minor, card.expired_minor) == (self.left, self.gone)
            assert card.spent_minor == self.spent + held
            assert card.issued_minor == card.balance_minor + card.spent_minor + card.expired_minor

        @invariant()
        def the_ledger_owes_what_is_left_or_held(self) -> None:
            owed = self.owed_before - books.balance(code="giftcards", currency="USD")
            assert owed == self.left + sum(self.open.values())

        def teardown(self) -> None:
            while self.open:
                self.an_open_order_ends(pays=False)
            states = Spend.objects.filter(credit_id=self.card).values_list("state", flat=True)
            assert set(states) <= {"spent", "released"}
            check_deferred_constraints()

    return Life


def test_whatever_happens_each_cent_of_a_card_is_spent_left_or_gone(double: StripeDouble) -> None:
    run_state_machine_as_test(
        machine(double),
        settings=settings(
            max_examples=8,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
