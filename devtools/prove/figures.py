"""The ten figures that must be zero, judged from the clients' witness, the provider's books and the
mailbox, and only then compared with what the shop has written down."""

from __future__ import annotations

import email.policy
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from email.parser import HeaderParser
from functools import lru_cache
from pathlib import Path
from typing import Any

from devtools.prove.buyers import provider_list
from devtools.prove.rig import Rig
from devtools.prove.witness import Witness
from devtools.stripe_double.core.store import PLATFORM

NAMES = (
    "lost orders",
    "ghost orders",
    "double charges",
    "oversold",
    "stranded units",
    "ledger imbalance",
    "provider difference",
    "orphan money",
    "events missing or doubled",
    "mails missing or doubled",
)


@dataclass
class Figures:
    values: dict[str, int]
    invariants: int
    broken: list[str] = field(default_factory=list)
    sold: int = 0
    charged: int = 0
    returned: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not any(self.values.values()) and not self.invariants

    def red(self) -> dict[str, int]:
        found = {name: value for name, value in self.values.items() if value}
        return {**found, "check_invariants": self.invariants} if self.invariants else found


def judge(rig: Rig, witness: Witness, opening: dict[int, int]) -> Figures:
    """Count what is wrong. `opening` is how many units of each variant there were."""
    charges = provider_charges(rig)
    kept = _kept_by_buyer(charges)
    orders = _orders(rig)
    by_email = defaultdict(list)
    for order in orders:
        by_email[order["email"]].append(order)
    values = dict.fromkeys(NAMES, 0)
    notes: list[str] = []

    def count(name: str, units: int, note: str) -> None:
        values[name] += units
        if units and len(notes) < 20:
            notes.append(f"{name}: {note}")

    sold: Counter[int] = Counter()
    sold_orders = 0
    for story in witness.stories:
        money = kept.get(story.email, [])
        confirmed = [o for o in by_email[story.email] if o["state"] == "confirmed"]
        if len(money) > 1:
            count("double charges", len(money) - 1, f"{story.email} paid {len(money)} times")
        if money and not confirmed:
            count("lost orders", 1, f"{story.email} paid and has no order ({story.ending})")
            count("orphan money", len(money), f"{story.email} paid for nothing")
        if confirmed and not money:
            count("ghost orders", len(confirmed), f"{story.email} has an order without money")
        if story.ending == "confirmed" and not confirmed:
            count("lost orders", 1, f"{story.email} was thanked and has no order")
        for order in confirmed[: len(money)]:
            if order["due"] != money[0]["amount"] - money[0]["amount_refunded"]:
                count("orphan money", 1, f"{story.email}: paid is not what the order costs")
        if confirmed:
            sold_orders += 1
            sold.update(story.wants)
    known = {story.email for story in witness.stories}
    strangers = [address for address in kept if address not in known]
    if strangers:
        count("orphan money", len(strangers), f"money of nobody: {strangers[:3]}")
    _stock(rig, opening, sold, count)
    _ledger(rig, count)
    _events(rig, count)
    _mails(rig, witness, by_email, count)
    results = rig.call("check_invariants")
    return Figures(
        values=values,
        invariants=sum(result["violations"] for result in results),
        broken=[
            f"{r['code']}: {r['rule']} ({r['violations']})" for r in results if r["violations"]
        ],
        sold=sold_orders,
        charged=len(charges),
        returned=sum(1 for charge in charges if charge["amount_refunded"] >= charge["amount"]),
        notes=notes,
    )


def provider_charges(rig: Rig) -> list[dict[str, Any]]:
    """Every successful charge, from the provider's own list."""
    charges = provider_list(rig, "/v1/charges")
    return [charge for charge in charges if charge["status"] == "succeeded"]


def _kept_by_buyer(charges: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Charges of which money is left, by the address the payer gave to the provider."""
    kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for charge in charges:
        if charge["amount_refunded"] < charge["amount"]:
            kept[str(charge["billing_details"]["email"])].append(charge)
    return kept


def _orders(rig: Rig) -> list[dict[str, Any]]:
    rows = rig.sql(
        "SELECT token, number, email, state, total_minor - credit_minor - coalesce((SELECT"
        " sum(a.refund_minor) FROM orders_adjustment a JOIN orders_sellerorder p ON p.id ="
        " a.seller_order_id WHERE p.order_id = o.id AND a.paid_to = 'method'), 0)::bigint"
        # What somebody gave back in the provider's dashboard, as far as the shop knows of it.
        " - coalesce((SELECT sum(r.amount_minor) FROM payments_refund r JOIN payments_payment y"
        " ON y.id = r.payment_id WHERE y.order_token = o.token AND r.state = 'succeeded'"
        " AND r.business_key LIKE 'found:%%'), 0)::bigint"
        " FROM orders_order o"
    )
    names = ("token", "number", "email", "state", "due")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _stock(rig: Rig, opening: dict[int, int], sold: Counter[int], count: Any) -> None:
    rows = rig.sql(
        "SELECT variant_id, sum(on_hand)::int, sum(reserved)::int FROM inventory_stock"
        " GROUP BY variant_id"
    )
    for variant, on_hand, reserved in rows:
        had = opening.get(variant, on_hand + sold[variant])
        over = max(0, sold[variant] - had)
        count("oversold", over, f"variant {variant}: {sold[variant]} sold of {had}")
        free = on_hand - reserved
        should = max(0, had - sold[variant])
        count("stranded units", abs(should - free), f"variant {variant}: {free} free, not {should}")


def _ledger(rig: Rig, count: Any) -> None:
    crooked = rig.sql(
        "SELECT count(*) FROM (SELECT e.journal_id FROM ledger_entry e"
        " JOIN ledger_account a ON a.id = e.account_id GROUP BY e.journal_id, a.currency"
        " HAVING sum(e.amount_minor) <> 0) x"
    )[0][0]
    count("ledger imbalance", int(crooked), "journals that do not sum to zero")
    state = rig.double.state()
    platform: Counter[str] = Counter()
    for currency, purse in (state["balances"].get(PLATFORM, {})).items():
        platform[currency.upper()] += purse["available"] + purse["pending"]
    booked = dict(
        rig.sql(
            "SELECT a.currency, sum(e.amount_minor)::bigint FROM ledger_entry e"
            " JOIN ledger_account a ON a.id = e.account_id WHERE a.code = 'stripe'"
            " GROUP BY a.currency"
        )
    )
    for currency in {*platform, *booked}:
        theirs, ours = platform[currency], int(booked.get(currency, 0))
        count("provider difference", abs(theirs - ours), f"{currency}: {theirs} there, {ours} here")


def _events(rig: Rig, count: Any) -> None:
    waiting = rig.sql("SELECT count(*) FROM outbox_delivery WHERE delivered_at IS NULL")[0][0]
    count("events missing or doubled", int(waiting), "facts that nobody heard yet")
    confirmed = rig.sql(
        "SELECT abs((SELECT count(*) FROM orders_order WHERE state = 'confirmed')"
        " - (SELECT count(*) FROM outbox_event WHERE name LIKE 'orders.confirmed%%'"
        " OR name LIKE 'orders.order-confirmed%%'))"
    )[0][0]
    count("events missing or doubled", int(confirmed), "confirmations told not once")
    effects = rig.sql(
        "SELECT count(*) FROM (SELECT p.id FROM orders_sellerorder p"
        " JOIN orders_order o ON o.id = p.order_id"
        " LEFT JOIN payouts_earning e ON e.seller_order_id = p.id"
        " WHERE o.state = 'confirmed' GROUP BY p.id, o.token HAVING count(e.id) = 0"
        # A dispute that was won credits its sale anew.
        " OR count(e.id) > 1 AND NOT EXISTS (SELECT 1 FROM payments_dispute d"
        " JOIN payments_payment y ON y.id = d.payment_id WHERE y.order_token = o.token)) x"
    )[0][0]
    count("events missing or doubled", int(effects), "sales not credited once to their seller")


def mails(rig: Rig) -> list[tuple[str, str, str]]:
    """Recipient, subject and Message-ID of everything that reached the mailbox."""
    return [(recipient, subject, message_id) for _, recipient, subject, message_id in arrivals(rig)]


def arrivals(rig: Rig) -> list[tuple[float, str, str, str]]:
    """The same, with the moment of each arrival."""
    return [_arrival(path) for path in sorted((rig.place / "mail").glob("*.eml"))]


@lru_cache(maxsize=200_000)
def _arrival(path: Path) -> tuple[float, str, str, str]:
    head = path.read_text(errors="replace").partition("\n\n")[0]
    parsed = HeaderParser(policy=email.policy.default).parsestr(head)
    told = (str(parsed["To"]), str(parsed["Subject"]), str(parsed["Message-ID"]))
    return (int(path.stem.split("-")[0]) / 1e9, *told)


def _mails(rig: Rig, witness: Witness, by_email: dict[str, Any], count: Any) -> None:
    """One confirmation for each confirmed order, and none for others.

    A copy under the same Message-ID is the same mail: mailboxes keep one of them.
    """
    confirmations: dict[str, set[str]] = defaultdict(set)
    for recipient, subject, message_id in mails(rig):
        if "is confirmed" in subject:
            confirmations[recipient].add(message_id)
    for story in witness.stories:
        wanted = sum(order["state"] == "confirmed" for order in by_email[story.email])
        got = len(confirmations[story.email])
        count(
            "mails missing or doubled", abs(wanted - got), f"{story.email} got {got}, not {wanted}"
        )
