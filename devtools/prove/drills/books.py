"""Payout runs cut in half, clocks that are wrong, prices that change, books read from zero."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

from devtools.prove import nights
from devtools.prove.buyers import Buyer, Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.drills.paying import connect, pay_everybody
from devtools.prove.figures import judge, provider_charges
from devtools.prove.rig import Rig

PAYOUT_PLACES = (
    "payout_after_lock",
    "transfer_after_provider",
    "transfer_after_provider",
    "payout_after_provider",
)


@drill("FD37", "payout runs killed halfway, started twice, an account disabled", essential=True)
def payouts(stage: Stage, result: Result) -> None:
    with stage.shop("FD37") as rig:
        _payouts(stage, result, rig)


@drill(
    "FD37", "control: without fixed payout keys", red_by=("was sent", "paid out"), essential=True
)
def payouts_afresh(stage: Stage, result: Result) -> None:
    with stage.shop("FD37-keys", without=("fixed payout keys",)) as rig:
        _payouts(stage, result, rig)


def _payouts(stage: Stage, result: Result, rig: Rig) -> None:
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    crowd.run(crowd.plan(stage.size(8, 20), one_of(rig.goods(), lines=3)))
    accounts = connect(rig)
    rig.settle()
    rig.call("deliver_everything")
    rig.settle()
    rig.age(30 * 24 * 60)  # past every hold
    disabled = sorted(accounts)[-1]
    rig.double.disable_account(disabled)
    dice = random.Random(f"{stage.seed}/payouts")
    kills = 0
    for turn in range(stage.size(8, 12)):
        place = PAYOUT_PLACES[turn % len(PAYOUT_PLACES)]
        most = 3 if place.startswith("transfer") else 1
        both = [
            rig.begin("pay_out", failpoints=f"{place}=die@{dice.randint(1, most)}"),
            rig.begin("pay_out", failpoints=f"{place}=die@{dice.randint(1, most)}"),
        ]
        for slot in both:
            rig.finish(slot)
            kills += slot.code == -9
        rig.age(3)
    pay_everybody(rig)
    _count_payouts(rig, result, accounts, disabled)
    result.numbers |= {"kill -9": kills, "sellers": len(accounts)}
    rig.settle(seconds=15 if result.is_control else 120)
    figures = judge(rig, crowd.witness, opening)
    crowd.witness.close()
    result.see(figures)


def _count_payouts(rig: Rig, result: Result, accounts: dict[str, int], disabled: str) -> None:
    """Judge by the provider's books: each seller got what their orders earned, once."""
    state: dict[str, Any] = rig.double.state()
    moved: Counter[str] = Counter()
    for transfer in state["transfers"]:
        moved[transfer["destination"]] += transfer["amount"] - transfer["amount_reversed"]
    paid: Counter[str] = Counter()
    for payout in state["payouts"]:
        if payout["status"] not in ("failed", "canceled"):
            paid[payout["account"]] += payout["amount"]
    earned = dict(
        rig.sql(
            "SELECT seller_id, sum(amount_minor)::bigint FROM payouts_earning GROUP BY seller_id"
        )
    )
    for account, seller_id in accounts.items():
        should = 0 if account == disabled else int(earned.get(seller_id, 0))
        got = moved[account]
        result.expect(got == should, f"seller {seller_id} was sent {got}, not {should}")
        result.expect(paid[account] == should, f"seller {seller_id}: {paid[account]} paid out")
    result.numbers |= {"transfers": len(state["transfers"]), "payouts": len(state["payouts"])}


@drill("FD36", "disputes before and after the payout, won, lost, on refunded orders")
def disputes(stage: Stage, result: Result) -> None:
    with stage.shop("FD36") as rig:
        _disputes(stage, result, rig)


@drill("FD36", "control: without keeping disputed money back", red_by=("were paid out to sellers",))
def disputes_unheeded(stage: Stage, result: Result) -> None:
    with stage.shop("FD36-pay", without=("money kept back",)) as rig:
        _disputes(stage, result, rig)


def _disputes(stage: Stage, result: Result, rig: Rig) -> None:
    """No disputed money is paid out, and every cent that moved is booked once, though every
    notice comes three times. Half of each kind is won, half is lost."""
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    crowd.run(crowd.plan(stage.size(8, 16), one_of(rig.goods())))
    connect(rig)
    rig.settle(seconds=15 if result.is_control else 120)
    rig.call("deliver_everything")
    charges = [charge["id"] for charge in provider_charges(rig)]
    early, after, refunded = charges[::4], charges[1::4], charges[2::4]
    given = rig.call("give_goodwill", charges=refunded, bps=2500)
    rig.settle(seconds=15 if result.is_control else 120)
    _dispute(rig, early)
    rig.age(30 * 24 * 60)
    pay_everybody(rig)
    sent = {transfer["source_transaction"] for transfer in rig.double.state()["transfers"]}
    wrong = sent & set(early)
    result.expect(not wrong, f"{len(wrong)} disputed payments were paid out to sellers")
    late = [charge for charge in after if charge in sent]
    result.expect(bool(late or result.is_control), "nothing was paid out that could be disputed")
    _dispute(rig, [*late, *refunded])
    for group in (early, late, refunded):
        for place, charge in enumerate(group):
            dispute = next(d for d in _found(rig) if d["charge"] == charge)
            rig.double.close_dispute(dispute["id"], "lost" if place % 2 else "won")
    rig.until_none("SELECT 1 FROM payments_dispute WHERE state = 'open'")
    rig.age(30 * 24 * 60)
    pay_everybody(rig, extra=True)
    result.numbers |= {
        "disputed before payout": len(early), "after payout": len(late),
        "on refunded orders": len(refunded), "refunded before": given,
    }  # fmt: skip
    close(rig, crowd, result, opening)
    states = dict(rig.sql("SELECT state, count(*) FROM payments_dispute GROUP BY state"))
    result.numbers["ended"] = states
    opened = len(early) + len(late) + len(refunded)
    result.expect(sum(states.values()) == opened, f"{states} disputes of {opened} are known")


def _dispute(rig: Rig, charges: list[str]) -> None:
    rig.double.disturb("duplicate", times=None, copies=3)
    before = rig.sql("SELECT count(*) FROM payments_dispute")[0][0]
    for charge in charges:
        rig.double.open_dispute(charge)
    wanted = before + len(charges)
    rig.until_none(
        f"SELECT 1 FROM (SELECT count(*) AS n FROM payments_dispute) x WHERE n < {wanted}"
    )
    rig.until_none("SELECT 1 FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < 10")


def _found(rig: Rig) -> list[dict[str, Any]]:
    return list(rig.double.state()["disputes"])


@drill("FD39", "two clocks twenty minutes apart, a promotion ends at midnight", essential=True)
def clocks(stage: Stage, result: Result) -> None:
    with stage.shop("FD39") as rig:
        _clocks(stage, result, rig)


@drill("FD39", "control: without the database's clock", red_by=("the same basket",))
def own_clocks(stage: Stage, result: Result) -> None:
    with stage.shop("FD39-own") as rig:
        _clocks(stage, result, rig, also=("database's clock",))


def _clocks(stage: Stage, result: Result, rig: Rig, *, also: tuple[str, ...] = ()) -> None:
    """The same basket has the same price on both, before and after midnight; holds live as long."""
    opening = stock_of(rig)
    for name, clock in (("web-1", "not behind"), ("web-2", "not ahead")):
        rig.slot(name).without = (f"clock that is {clock}", *also)
        rig.kill(name)
    time.sleep(1)
    rig.wait_for_web()
    crowd = Crowd(rig, seed=stage.seed)
    wants = {good.variant_id: 1 for good in rig.goods()[:2]}
    rig.call("promote", lasts=300)
    before = [crowd.buyer(wants) for _ in range(stage.size(8, 24))]
    crowd.run(before, at_once=4)
    rig.sql("UPDATE pricing_promotion SET ends_at = clock_timestamp()")
    after = [crowd.buyer(wants) for _ in range(stage.size(8, 24))]
    crowd.run(after, at_once=4)
    reduced, full = ({buyer.story.total_minor for buyer in people} for people in (before, after))
    lengths = rig.sql(
        "SELECT count(DISTINCT extract(epoch FROM expires_at - coalesce(taken_at, created_at))"
        "::int) FROM inventory_reservation"
    )[0][0]
    result.numbers |= {"before midnight": sorted(reduced), "after it": sorted(full)}
    result.expect(
        len(reduced) == len(full) == 1 and max(reduced) < min(full),
        f"the same basket cost {reduced} before midnight and {full} after it",
    )
    result.expect(lengths == 1, "holds live longer on one process than on the other")
    if not also:
        wrong = rig.call("midnights")
        result.numbers["midnights checked"] = len(nights.NIGHTS)
        result.problems += wrong
    close(rig, crowd, result, opening)


@drill("FD40", "price and promotion change between the quote and the click", essential=True)
def changed_price(stage: Stage, result: Result) -> None:
    with stage.shop("FD40") as rig:
        _changed_price(stage, result, rig)


@drill("FD40", "control: without the agreed total", red_by=("another total",))
def silent_change(stage: Stage, result: Result) -> None:
    with stage.shop("FD40-silent", without=("agreed total",)) as rig:
        _changed_price(stage, result, rig)


def _changed_price(stage: Stage, result: Result, rig: Rig) -> None:
    """First a promotion ends, then the price itself changes, each after everybody has looked."""
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    good = rig.goods()[0]
    counts: Counter[str] = Counter()

    def click(buyer: Buyer) -> None:
        seen = buyer.story.total_minor
        answer = buyer.browser.insist("place", "POST", "/checkout/place/", buyer.form)
        if "/c/pay/" in answer.location or answer.status == 302:
            counts["silent changes"] += 1
            buyer.story.pages.append(answer.location)
            buyer.pay(answer.location)
            return
        counts["told of the new total"] += answer.status == 409
        if buyer.look(answer) and buyer.story.total_minor != seen and (page := buyer.place()):
            buyer.pay(page)
            buyer.finish(buyer.return_from_payment)

    def end_promotion() -> None:
        rig.sql("UPDATE pricing_promotion SET ends_at = clock_timestamp()")

    def raise_price() -> None:
        rig.call("set_price", variant_id=good.variant_id, minor=9999)

    rig.call("promote", lasts=3600)
    half = stage.size(5, 12)
    for change in (end_promotion, raise_price):
        people = crowd.plan(half, one_of([good]))
        crowd.each(people, lambda buyer: buyer.prepare())
        change()
        crowd.each(people, click)
    told, silent = counts["told of the new total"], counts["silent changes"]
    result.numbers |= {"told of the new total": told, "silent changes": silent}
    result.expect(silent == 0, f"{silent} were led to pay another total than they saw")
    result.expect(told == 2 * half, f"{told} of {2 * half} were told")
    close(rig, crowd, result, opening)


@drill("FD46", "the ledger and every order's history read from zero", essential=True)
def replay(stage: Stage, result: Result) -> None:
    with stage.shop("FD46") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        manners = [("turns back", 0.2), ("abandons", 0.1), ("never returns", 0.2)]
        crowd.run(crowd.plan(stage.size(14, 40), one_of(rig.goods(), lines=2), manners))
        close(rig, crowd, result, opening)
        told = rig.call("replay")
        result.numbers |= {"accounts": told["accounts"], "histories": told["histories"]}
        result.problems += told["differences"][:5]
