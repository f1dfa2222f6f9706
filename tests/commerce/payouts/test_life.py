"""Random lives of a seller's money: each cent earned is sent once, less what was deducted."""

import pytest
from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from commerce.gateways import stripe_calls
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.ledger import queries as books
from commerce.payouts import operations, queries
from commerce.payouts.models import Earning, Payout
from devtools.stripe_double import StripeDouble
from tests.factories.payouts import Provider, earned
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db

EACH = 5200  # what the seller of `earned` has of one order
FAULTS = ["500_before", "500_after", "500_stored", "429", "reset"]


def machine(double: StripeDouble) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """One seller; the model is what was earned and what was deducted."""

        def __init__(self) -> None:
            super().__init__()
            double.clear_faults()
            double.reset()
            stripe_calls.breaker.succeeded()
            self.provider = Provider(double)
            self.seller = make_seller()
            self.account = self.provider.connect(self.seller)
            self.earned, self.deducted, self.runs, self.corrections = 0, 0, 0, 0

        @rule()
        def an_order_is_delivered(self) -> None:
            earned(self.seller, provider=self.provider)
            self.earned += EACH

        @rule(minor=st.integers(1, 2 * EACH))
        def staff_deduct(self, minor: int) -> None:
            self.corrections += 1
            key = f"correction:{self.seller.pk}:{self.corrections}"
            with transaction.atomic():
                ledger.post(
                    business_key=key,
                    kind="correction",
                    entries={f"payable:{self.seller.pk}": minor, "losses": -minor},
                    currency="USD",
                )
                operations.deduct(
                    seller_id=self.seller.pk,
                    kind="correction",
                    amount=Money(minor, "USD"),
                    business_key=key,
                )
            self.deducted += minor

        @rule(again=st.booleans())
        def the_schedule_runs(self, again: bool) -> None:
            self.runs += not again
            operations.run(period=f"p{self.runs}", seller_ids=[self.seller.pk])

        @rule(kind=st.sampled_from(FAULTS), path=st.sampled_from(["/v1/transfers", "/v1/payouts"]))
        def something_goes_wrong(self, kind: str, path: str) -> None:
            double.fault(kind, method="POST", path=path, times=2)

        @rule()
        def the_account_is_closed_for_a_while(self) -> None:
            double.disable_account(self.account)

        @rule()
        def workers_send(self) -> None:
            stripe_calls.breaker.succeeded()
            Payout.objects.filter(seller_id=self.seller.pk).update(due_at=Now())
            for payout_id in queries.due_payouts(limit=20):
                operations.send(payout_id=payout_id)

        def arrived(self) -> int:
            return sum(transfer.amount for transfer in self.provider.transfers())

        def owed(self) -> int:
            return -books.balance(code=f"payable:{self.seller.pk}", currency="USD")

        @invariant()
        def nobody_is_sent_more_than_was_earned(self) -> None:
            assert self.arrived() <= max(self.earned, 0)
            sent = [transfer.id for transfer in self.provider.transfers()]
            assert len(sent) == len(set(sent)) <= self.earned // EACH

        @invariant()
        def the_ledger_owes_what_is_earned_and_not_gone(self) -> None:
            booked = sum(
                Earning.objects.filter(
                    seller_id=self.seller.pk, provider_transfer__isnull=False
                ).values_list("net_minor", flat=True)
            )
            assert self.owed() == self.earned - self.deducted - booked

        def teardown(self) -> None:
            double.clear_faults()
            double.enable_account(self.account)
            operations.refresh_account(account_id=self.account)
            for attempt in range(6):
                for payout in Payout.objects.filter(seller_id=self.seller.pk, state="failed"):
                    operations.retry(payout_id=payout.pk)
                Earning.objects.filter(seller_id=self.seller.pk, payout=None).update(retry_at=None)
                operations.run(period=f"end{attempt}", seller_ids=[self.seller.pk])
                self.workers_send()
            assert set(
                Payout.objects.filter(seller_id=self.seller.pk).values_list("state", flat=True)
            ) <= {"sent"}
            waiting = Earning.objects.filter(seller_id=self.seller.pk, payout=None)
            left = sum(waiting.values_list("net_minor", flat=True))
            assert self.arrived() + left == self.earned - self.recovered()
            check_deferred_constraints()

        def recovered(self) -> int:
            mine = Earning.objects.filter(seller_id=self.seller.pk)
            return sum(mine.values_list("deducted_minor", flat=True))

    return Life


def test_whatever_happens_each_cent_earned_is_sent_once(double: StripeDouble) -> None:
    run_state_machine_as_test(
        machine(double),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
