"""Whatever is done in whatever order, no cent appears or vanishes."""

import contextlib
from typing import Any

import stripe
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devtools.stripe_double import StripeDouble

from .conftest import HERE, client_of

AMOUNTS = st.integers(50, 9_000)
CARDS = st.sampled_from(
    [
        "pm_card_visa",
        "pm_card_visa",
        "pm_card_pendingRefund",
        "pm_card_refundFail",
        "pm_card_createDispute",
        "pm_double_delayed",
        "pm_double_delayedFail",
        "pm_card_chargeDeclined",
    ]
)
REFUSALS = (stripe.InvalidRequestError, stripe.CardError)


class Money(RuleBasedStateMachine):
    """Random operations of a platform and two sellers through the SDK."""

    double: StripeDouble
    client: Any

    @initialize(delay=st.sampled_from([0, 3600]), short=st.sampled_from(["negative", "pending"]))
    def begin(self, delay: int, short: str) -> None:
        self.double.reset()
        self.double.settings(funds_delay=delay, refunds_when_short=short, payout_delay=delay)
        self.sellers = []
        for _ in range(2):
            account = self.client.accounts.create(
                {"type": "express", "capabilities": {"transfers": {"requested": True}}}
            )
            self.double.complete_account(account.id)
            self.sellers.append(account.id)
        self.charges: list[str] = []
        self.transfers: list[str] = []
        self.payouts: list[tuple[str, str]] = []
        self.held: list[str] = []

    @rule(amount=AMOUNTS, card=CARDS, manual=st.booleans())
    def pay(self, amount: int, card: str, manual: bool) -> None:
        params = {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "payment_method": card,
            "automatic_payment_methods": HERE,
            "capture_method": "manual" if manual else "automatic",
        }
        with contextlib.suppress(stripe.CardError):
            intent = self.client.payment_intents.create(params)
            self.charges.append(intent.latest_charge)
            if intent.status == "requires_capture":
                self.held.append(intent.id)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), part=st.integers(1, 100))
    def capture(self, data: Any, part: int) -> None:
        intent = self.client.payment_intents.retrieve(data.draw(st.sampled_from(self.held)))
        amount = max(1, intent.amount * part // 100)
        with contextlib.suppress(*REFUSALS):
            self.client.payment_intents.capture(intent.id, {"amount_to_capture": amount})

    @precondition(lambda self: self.charges)
    @rule(data=st.data(), amount=AMOUNTS)
    def refund(self, data: Any, amount: int) -> None:
        with contextlib.suppress(*REFUSALS):
            charge = data.draw(st.sampled_from(self.charges))
            self.client.refunds.create({"charge": charge, "amount": amount})

    @precondition(lambda self: self.charges)
    @rule(data=st.data(), amount=AMOUNTS, tied=st.booleans())
    def transfer(self, data: Any, amount: int, tied: bool) -> None:
        params: dict[str, Any] = {"amount": amount, "currency": "usd"}
        params["destination"] = data.draw(st.sampled_from(self.sellers))
        if tied:
            params["source_transaction"] = data.draw(st.sampled_from(self.charges))
        with contextlib.suppress(*REFUSALS):
            self.transfers.append(self.client.transfers.create(params).id)

    @precondition(lambda self: self.transfers)
    @rule(data=st.data(), amount=AMOUNTS)
    def reverse(self, data: Any, amount: int) -> None:
        with contextlib.suppress(*REFUSALS):
            transfer = data.draw(st.sampled_from(self.transfers))
            self.client.transfers.reversals.create(transfer, {"amount": amount})

    @rule(data=st.data(), amount=AMOUNTS)
    def pay_out(self, data: Any, amount: int) -> None:
        seller = data.draw(st.sampled_from(self.sellers))
        with contextlib.suppress(*REFUSALS):
            payout = self.client.payouts.create(
                {"amount": amount, "currency": "usd"}, {"stripe_account": seller}
            )
            self.payouts.append((payout.id, seller))

    @precondition(lambda self: self.payouts)
    @rule(data=st.data(), cancel=st.booleans())
    def return_payout(self, data: Any, cancel: bool) -> None:
        payout, seller = data.draw(st.sampled_from(self.payouts))
        if cancel:
            with contextlib.suppress(*REFUSALS):
                self.client.payouts.cancel(payout, {}, {"stripe_account": seller})
        else:
            self.double.fail_payout(payout)

    @precondition(lambda self: self.charges)
    @rule(data=st.data(), status=st.sampled_from(["won", "lost"]), return_fee=st.booleans())
    def dispute(self, data: Any, status: str, return_fee: bool) -> None:
        found = self.client.disputes.list({"limit": 100}).data
        pending = [dispute.id for dispute in found if dispute.status == "needs_response"]
        if pending:
            chosen = data.draw(st.sampled_from(pending))
            self.double.close_dispute(chosen, status, return_fee=return_fee)

    @rule(amount=AMOUNTS)
    def top_up(self, amount: int) -> None:
        self.client.topups.create({"amount": amount, "currency": "usd"})

    @rule(seconds=st.sampled_from([5, 3600, 8 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.double.advance(seconds)

    @invariant()
    def no_cent_is_lost_or_made_up(self) -> None:
        totals = self.double.state()["totals"].get("usd", {"difference": 0})
        assert totals["difference"] == 0

    @invariant()
    def sellers_never_owe(self) -> None:
        balances = self.double.state()["balances"]
        for seller in getattr(self, "sellers", ()):
            assert balances.get(seller, {}).get("usd", {"available": 0})["available"] >= 0

    @invariant()
    def nothing_exceeds_its_charge(self) -> None:
        for charge in self.double.state()["charges"]:
            assert 0 <= charge["amount_refunded"] <= charge["amount"]
            assert 0 <= charge["transferred"] <= charge["amount_captured"]


def test_money_is_conserved() -> None:
    with StripeDouble() as double:
        Money.double, Money.client = double, client_of(double)
        run_state_machine_as_test(
            Money,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
