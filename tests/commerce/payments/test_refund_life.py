"""Random lives of refunds against a provider that fails: each is sent once, and never too much."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.checkout import operations as checkout
from commerce.gateways import stripe_calls
from commerce.kernel.money import Money
from commerce.payments import operations
from commerce.payments.models import Payment, Refund
from commerce.payments.operations import RefundTooLarge
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges

pytestmark = pytest.mark.django_db

keys = st.sampled_from([f"refund:{name}" for name in "abcd"])


def machine(double: StripeDouble) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """One captured payment; the model is what was asked for under which key."""

        def __init__(self) -> None:
            super().__init__()
            double.clear_faults()
            double.reset()
            stripe_calls.breaker.succeeded()
            placed = make_ready_cart().place()
            double.pay(str(placed.payment_url))
            checkout.finalise(order_token=placed.order_token)
            self.payment = Payment.objects.get(order_token=placed.order_token)
            self.asked: dict[str, int] = {}

        @rule(key=keys, minor=st.integers(1, 900))
        def ask(self, key: str, minor: int) -> None:
            own_key = f"{key}:{self.payment.pk}"
            left = self.payment.captured_minor - sum(self.asked.values())
            try:
                operations.request_refund(
                    payment_id=self.payment.pk,
                    amount=Money(minor, "USD"),
                    business_key=own_key,
                    reason="drill",
                )
            except RefundTooLarge:
                assert own_key not in self.asked
                assert minor > left
            else:
                self.asked.setdefault(own_key, minor)

        @rule(kind=st.sampled_from(["500_before", "500_after", "500_stored", "429", "reset"]))
        def something_goes_wrong(self, kind: str) -> None:
            double.fault(kind, method="POST", path="/v1/refunds", times=2)

        @rule()
        def send(self) -> None:
            stripe_calls.breaker.succeeded()
            Refund.objects.update(due_at="2026-01-01T00:00Z")
            operations.send_refunds()

        @rule()
        def a_notice_arrives(self) -> None:
            stripe_calls.breaker.succeeded()
            operations.look_at_refunds(reference=str(self.payment.provider_charge))

        def returned(self) -> int:
            [charge] = charges(double)
            return int(charge["amount_refunded"])

        @invariant()
        def no_more_goes_back_than_was_asked_for(self) -> None:
            assert self.returned() <= sum(self.asked.values()) <= self.payment.captured_minor

        def teardown(self) -> None:
            double.clear_faults()
            for _ in range(8):
                self.send()
            mine = Refund.objects.filter(payment=self.payment)
            assert {refund.state for refund in mine} <= {"succeeded"}
            assert mine.count() == len(self.asked)
            assert self.returned() == sum(self.asked.values())

    return Life


def test_each_refund_is_sent_once_however_often_it_fails(double: StripeDouble) -> None:
    run_state_machine_as_test(
        machine(double),
        settings=settings(
            max_examples=10,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
