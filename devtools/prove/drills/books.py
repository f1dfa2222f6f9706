"""Payout runs cut in half, clocks that are wrong, prices that change, books read from zero."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

from devtools.prove.buyers import Buyer, Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
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
    accounts = _connect(rig)
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
    _pay_everybody(rig)
    _count_payouts(rig, result, accounts, disabled)
    result.numbers |= {"kill -9": kills, "sellers": len(accounts)}
    rig.settle(seconds=20 if result.is_control else 120)
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


@drill("FD36", "disputes before and after the payout, won and lost")
def disputes(stage: Stage, result: Result) -> None:
    """No disputed money is paid out, and every cent that moved is booked once."""
    with stage.shop("FD36") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        crowd.run(crowd.plan(stage.size(8, 16), one_of(rig.goods())))
        _connect(rig)
        rig.settle()
        rig.call("deliver_everything")
        rig.settle()
        charges = [charge["id"] for charge in provider_charges(rig)]
        early = charges[::4]
        for charge in early:
            rig.double.open_dispute(charge)
        rig.settle()
        rig.age(30 * 24 * 60)
        _pay_everybody(rig)
        sent = {transfer["source_transaction"] for transfer in rig.double.state()["transfers"]}
        wrong = sent & set(early)
        result.expect(not wrong, f"{len(wrong)} disputed payments were paid out to sellers")
        late = [charge for charge in charges[1::4] if charge in sent]
        for charge in late:
            rig.double.open_dispute(charge)
        rig.settle()
        for place, dispute in enumerate(rig.double.state()["disputes"]):
            rig.double.close_dispute(dispute["id"], "lost" if place % 2 else "won")
        rig.settle()
        rig.age(30 * 24 * 60)
        _pay_everybody(rig)
        result.numbers |= {"disputed before payout": len(early), "after payout": len(late)}
        close(rig, crowd, result, opening)


def _connect(rig: Rig) -> dict[str, int]:
    accounts: dict[str, int] = rig.call("connect_sellers")
    for account in accounts:
        rig.double.complete_account(account)
    rig.call("refresh_accounts", accounts=list(accounts))
    return accounts


def _pay_everybody(rig: Rig) -> None:
    for _ in range(4):
        rig.call("pay_out")
        rig.age(6)
        time.sleep(1)


@drill("FD39", "one web process is ten minutes ahead", essential=True)
def clocks(stage: Stage, result: Result) -> None:
    """The same basket has the same price on both, and holds live as long on both."""
    with stage.shop("FD39") as rig:
        opening = stock_of(rig)
        slot = rig.slot("web-2")
        slot.without = ("right clock",)
        rig.kill("web-2")
        time.sleep(1)
        crowd = Crowd(rig, seed=stage.seed)
        goods = rig.goods()[:2]
        wants = {good.variant_id: 1 for good in goods}
        people = [crowd.buyer(wants) for _ in range(stage.size(12, 24))]
        crowd.run(people)
        totals = {buyer.story.total_minor for buyer in people}
        lengths = rig.sql(
            "SELECT count(DISTINCT extract(epoch FROM expires_at - created_at)::int)"
            " FROM inventory_reservation"
        )[0][0]
        result.numbers |= {"totals seen": len(totals), "lengths of holds": lengths}
        result.expect(len(totals) == 1, f"the same basket cost {totals}")
        result.expect(lengths == 1, "holds live longer on one process than on the other")
        close(rig, crowd, result, opening)


@drill("FD40", "the price changes between the quote and the click", essential=True)
def changed_price(stage: Stage, result: Result) -> None:
    with stage.shop("FD40") as rig:
        _changed_price(stage, result, rig)


@drill("FD40", "control: without the agreed total", red_by=("another total",))
def silent_change(stage: Stage, result: Result) -> None:
    with stage.shop("FD40-silent", without=("agreed total",)) as rig:
        _changed_price(stage, result, rig)


def _changed_price(stage: Stage, result: Result, rig: Rig) -> None:
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    good = rig.goods()[0]
    people = crowd.plan(stage.size(8, 16), one_of([good]))
    agreed: dict[int, int] = {}

    def look(buyer: Buyer) -> None:
        if buyer.prepare():
            agreed[buyer.story.number] = buyer.story.total_minor

    crowd.each(people, look)
    rig.call("set_price", variant_id=good.variant_id, minor=9999)
    silent = [0]
    told = [0]

    def click(buyer: Buyer) -> None:
        answer = buyer.browser.insist("place", "POST", "/checkout/place/", buyer.form)
        if "/c/pay/" in answer.location or answer.status == 302:
            silent[0] += 1
            buyer.story.pages.append(answer.location)
            buyer.pay(answer.location)
            return
        told[0] += answer.status == 409
        if buyer.look(answer) and (page := buyer.place()):
            buyer.pay(page)
            buyer.finish(buyer.return_from_payment)

    crowd.each(people, click)
    result.numbers |= {"told of the new total": told[0], "silent changes": silent[0]}
    result.expect(silent[0] == 0, f"{silent[0]} were led to pay another total than they saw")
    result.expect(told[0] == len(people), f"{told[0]} of {len(people)} were told")
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
