"""Filters about cancellations, returns and claims: how shoppers read them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from commerce.returns.types import CaseData, CaseEventData, PartChoices, TimelineEntry
from storefront.amounts import shown

from .shop import STATES as ORDER_STATES

register = template.Library()

KINDS = {"cancel": "Cancellation", "return": "Return", "claim": "Claim"}
STATES = {
    "requested": "Waiting for the seller",
    "escalated": "Waiting for Stoa",
    "approved": "Send it back",
    "sent": "On its way back",
    "received": "Back at the seller",
    "inspected": "Being looked at",
    "refunded": "Refunded",
    "partly": "Partly refunded",
    "exchanged": "Replacement agreed",
    "refused": "Refused",
    "declined": "Not accepted",
    "overtaken": "Sent meanwhile",
    "closed": "Taken back",
}
TONES = {
    "requested": "warning",
    "escalated": "warning",
    "approved": "info",
    "sent": "info",
    "received": "info",
    "inspected": "info",
    "refunded": "success",
    "partly": "success",
    "exchanged": "success",
    "refused": "error",
    "declined": "error",
    "overtaken": "error",
}
CASE_STEPS = {**STATES, "requested": "asked", "escalated": "given to Stoa", "approved": "approved"}
FIRST_STEPS = {"pending": "Ordered", "confirmed": "Confirmed"}
_NUMBERED = re.compile(r"^[A-Z]+-\d{8}-[-\dA-Z]+: ")
"""What a refund's reason begins with: the request, which is told above it."""
ACTORS = {"shopper": "you", "rule": "a rule, as nobody answered", "stripe": "the payment provider"}
WAYS = {
    "method": "the way you paid",
    "store_credit": "store credit",
    "gift_card": "a gift card by email",
}


@register.filter
def case_kind(case: CaseData) -> str:
    """What kind of case it is."""
    if case.basis == "withdrawal":
        return "Withdrawal"
    if case.kind == "return" and case.remedy == "exchange":
        return "Exchange"
    return KINDS[case.kind]


@register.filter
def case_state(case: CaseData) -> str:
    """How far it is, as shoppers say it."""
    if case.state == "exchanged" and case.replaced_at:
        return "Replacement sent"
    if case.kind == "cancel" and case.state == "refunded":
        return "Canceled and refunded" if case.refund else "Canceled, never charged"
    if case.has_lapsed:
        return "Lapsed"
    return STATES.get(case.state, case.state)


@register.filter
def case_tone(case: CaseData) -> str:
    """The color of its badge."""
    return TONES.get(case.state, "")


@register.filter
def way_back(case: CaseData) -> str:
    """Where the money goes."""
    return WAYS.get(case.refund_to, case.refund_to)


@register.filter
def case_timeline(case: CaseData) -> list[dict[str, Any]]:
    """What happened to a case, oldest first, and by whom."""
    rows = [
        {
            "title": _step(event),
            "text": event.cause[:1].upper() + event.cause[1:],
            "time": f"{event.at.day} {event.at:%B %Y, %H:%M} UTC",
            "datetime": event.at.isoformat(),
            "state": "current" if event is case.events[-1] else "done",
        }
        for event in case.events
    ]
    if case.replaced_at:
        rows.append(
            {
                "title": "Replacement sent",
                "text": case.replacement_tracking,
                "time": f"{case.replaced_at.day} {case.replaced_at:%B %Y, %H:%M} UTC",
                "datetime": case.replaced_at.isoformat(),
                "state": "current",
            }
        )
    return rows


def _step(event: CaseEventData) -> str:
    if not event.from_state:
        return "Asked"
    if event.to_state == "closed" and event.actor == "rule":
        return "Lapsed"
    return STATES.get(event.to_state, event.to_state)


@register.filter
def offered(parts: list[PartChoices], which: str) -> bool:
    """Whether any unit can be chosen for something."""
    return any(line.most for part in parts for line in getattr(part, which))


def _said(entry: TimelineEntry) -> str:
    """Why it happened, where that says more than what happened."""
    why = "" if entry.what in FIRST_STEPS else _NUMBERED.sub("", entry.cause)
    return why[:1].upper() + why[1:]


@register.filter
def told(entries: Sequence[TimelineEntry], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Everything that happened to an order, with who did it and why, oldest first."""
    rows = []
    for entry in entries:
        if entry.part and entry.what in ("pending", "confirmed"):
            continue  # as the whole order
        kind, _, step = entry.what.partition(" ")
        what = f"{shown(entry.amount)} {entry.what}" if entry.amount else entry.what
        if kind in KINDS and step:
            what = f"{KINDS[kind]}: {CASE_STEPS.get(step, step)[:1].lower()}"
            what += CASE_STEPS.get(step, step)[1:]
        elif entry.what in FIRST_STEPS:
            what = FIRST_STEPS[entry.what]
        elif entry.what in ORDER_STATES:
            what = ORDER_STATES[entry.what]
        who = names.get(entry.actor) or ACTORS.get(entry.actor, "Stoa")
        rows.append(
            {
                "title": f"{what}, {entry.part}" if entry.part else what[:1].upper() + what[1:],
                "text": f"By {who}. {_said(entry)}".strip(),
                "time": f"{entry.at.day} {entry.at:%B %Y, %H:%M} UTC",
                "datetime": entry.at.isoformat(),
                "state": "done",
            }
        )
    return rows
