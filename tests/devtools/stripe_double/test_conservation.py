"""Whatever is done in whatever order, no cent appears or vanishes."""

import contextlib
import random
from collections import Counter
from typing import Any

import stripe

from devtools.stripe_double import StripeDouble

from .conftest import HERE, client_of

STEPS = 150
CARDS = (
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
    "pm_card_createDispute",
    "pm_double_delayed",
    "pm_double_delayedFail",
    "pm_card_chargeDeclined",
)
NOTHING = {"available": 0, "pending": 0}


class Marketplace:
    """A platform with two sellers that does random things through the SDK."""

    def __init__(self, double: StripeDouble, seed: int) -> None:
        self.double, self.client = double, client_of(double)
        self.random = random.Random(seed)
        self.charges: list[str] = []
        self.transfers: list[str] = []
        self.payouts: list[tuple[str, str]] = []
        self.held: list[str] = []
        self.done: Counter[str] = Counter()
        double.settings(
            funds_delay=self.random.choice([0, 3600]),
            payout_delay=self.random.choice([0, 3600]),
            settlement_delay=self.random.choice([0, 60]),
            refunds_when_short=self.random.choice(["negative", "pending"]),
        )
        self.sellers = [self._new_seller(), self._new_seller()]

    def _new_seller(self) -> str:
        account = self.client.accounts.create(
            {"type": "express", "capabilities": {"transfers": {"requested": True}}}
        )
        self.double.complete_account(account.id)
        self.client.topups.create({"amount": 20_000, "currency": "usd"})
        start = {"amount": 12_000, "currency": "usd", "destination": account.id}
        self.transfers.append(self.client.transfers.create(start).id)
        return str(account.id)

    def act(self) -> None:
        """One random action; a refusal by the provider is an outcome like another."""
        name = self.random.choice(ACTIONS)
        with contextlib.suppress(IndexError, stripe.InvalidRequestError, stripe.CardError):
            getattr(self, name)()
            self.done[name] += 1

    def amount(self) -> int:
        return self.random.randint(50, 9_000)

    def recent(self, made: list[Any]) -> Any:
        return self.random.choice(made[-6:])

    def part_of_a_charge(self) -> tuple[str, int]:
        charge = self.client.charges.retrieve(self.recent(self.charges))
        return charge.id, max(1, charge.amount * self.random.choice([1, 30, 60, 100]) // 100)

    def pay(self) -> None:
        intent = self.client.payment_intents.create(
            {
                "amount": self.amount(),
                "currency": "usd",
                "confirm": True,
                "payment_method": self.random.choice(CARDS),
                "automatic_payment_methods": HERE,
                "capture_method": self.random.choice(["automatic", "automatic", "manual"]),
            }
        )
        self.charges.append(intent.latest_charge)
        if intent.status == "requires_capture":
            self.held.append(intent.id)

    def capture(self) -> None:
        intent = self.client.payment_intents.retrieve(self.recent(self.held))
        part = max(1, intent.amount * self.random.randint(1, 100) // 100)
        self.client.payment_intents.capture(intent.id, {"amount_to_capture": part})

    def refund(self) -> None:
        charge, amount = self.part_of_a_charge()
        self.client.refunds.create({"charge": charge, "amount": amount})

    def transfer(self) -> None:
        params = {"amount": self.amount(), "currency": "usd"}
        self._transfer(params)

    def transfer_from_a_charge(self) -> None:
        charge, amount = self.part_of_a_charge()
        self._transfer({"amount": amount, "currency": "usd", "source_transaction": charge})

    def _transfer(self, params: dict[str, Any]) -> None:
        params["destination"] = self.random.choice(self.sellers)
        self.transfers.append(self.client.transfers.create(params).id)

    def reverse(self) -> None:
        params = {"amount": self.amount()} if self.random.random() < 0.5 else {}
        self.client.transfers.reversals.create(self.recent(self.transfers), params)

    def pay_out(self) -> None:
        seller = self.random.choice(self.sellers)
        payout = self.client.payouts.create(
            {"amount": self.amount(), "currency": "usd"}, {"stripe_account": seller}
        )
        self.payouts.append((payout.id, seller))

    def cancel_payout(self) -> None:
        payout, seller = self.recent(self.payouts)
        self.client.payouts.cancel(payout, {}, {"stripe_account": seller})

    def fail_payout(self) -> None:
        self.double.fail_payout(self.recent(self.payouts)[0])

    def decide_dispute(self) -> None:
        waiting = [d.id for d in self.client.disputes.list().data if d.status == "needs_response"]
        self.double.close_dispute(
            self.random.choice(waiting),
            self.random.choice(["won", "lost"]),
            return_fee=self.random.random() < 0.5,
        )

    def top_up(self) -> None:
        self.client.topups.create({"amount": self.amount(), "currency": "usd"})

    def wait(self) -> None:
        self.double.advance(self.random.choice([5, 3600, 8 * 86_400]))

    def check(self, moment: str) -> None:
        state = self.double.state()
        assert state["totals"].get("usd", {"difference": 0})["difference"] == 0, moment
        for seller in self.sellers:
            assert min(state["balances"].get(seller, {"usd": NOTHING})["usd"].values()) >= 0, moment
        refunded: Counter[str] = Counter()
        for refund in state["refunds"]:
            refunded[refund["charge"]] += refund["amount"] * (refund["status"] != "failed")
        for charge in state["charges"]:
            assert 0 <= refunded[charge["id"]] <= charge["amount_captured"], moment
            assert 0 <= charge["transferred"] <= charge["amount_captured"], moment
        for transfer in state["transfers"]:
            assert 0 <= transfer["amount_reversed"] <= transfer["amount"], moment


_ACTIONS = (
    "pay pay pay capture refund refund transfer transfer_from_a_charge reverse pay_out pay_out "
    "cancel_payout fail_payout decide_dispute top_up wait"
)
ACTIONS = _ACTIONS.split()


def test_money_is_conserved():
    done: Counter[str] = Counter()
    with StripeDouble() as double:
        for seed in range(8):
            double.reset()
            marketplace = Marketplace(double, seed)
            for step in range(STEPS):
                marketplace.act()
                marketplace.check(f"seed {seed}, step {step}")
            done += marketplace.done

    assert min(done[name] for name in ACTIONS) >= 5, f"some actions hardly happened: {done}"
