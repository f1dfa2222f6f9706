"""The steps of a price in words: the same for shopper, staff and whoever reads the data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from commerce.kernel.money import Money, exponent

Shown = Callable[[Money], str]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One step: what happened, and what it came to."""

    text: str
    amount: Money
    kind: str


def sentences(
    *,
    steps: Iterable[Mapping[str, Any]],
    currency: str,
    shown: Shown = str,
    with_funding: bool = False,
) -> list[Sentence]:
    """Tell a line's steps in order. Whoever pays for a promotion is told to staff alone."""
    return [
        Sentence(
            text=_text(step, currency, shown, with_funding=with_funding),
            amount=Money(_amount(step), currency),
            kind=str(step.get("step", "")),
        )
        for step in steps
        if step.get("step") != "quantity" or step.get("quantity") != 1
    ]


def _amount(step: Mapping[str, Any]) -> int:
    minor = int(step.get("amount_minor", step.get("unit_minor", 0)))
    return -minor if step.get("step") == "promotion" else minor


def _text(step: Mapping[str, Any], currency: str, shown: Shown, *, with_funding: bool) -> str:
    def money(name: str) -> str:
        return shown(Money(int(step.get(name, 0)), currency))

    match step.get("step"):
        case "base":
            return "Price of one"
        case "list":
            return _listed(step)
        case "tax-taken-out":
            return f"Without the tax that {money('was_minor')} held"
        case "quantity":
            return f"{step.get('quantity')} × {money('unit_minor')}"
        case "promotion":
            return _promotion(step, with_funding=with_funding)
        case "tax":
            return _tax(step, currency, shown)
        case "total":
            return "To pay for this item"
        case other:
            return str(other)


def _listed(step: Mapping[str, Any]) -> str:
    count = int(step.get("from_quantity") or 1)
    until = f" until {str(step['until'])[:10]}" if step.get("until") else ""
    pieces = f", from {count} pieces on" if count > 1 else ""
    return f"{step.get('name', '')}{until}{pieces}"


def _promotion(step: Mapping[str, Any], *, with_funding: bool) -> str:
    code = f", code {step['code']}" if step.get("code") else ""
    if not with_funding:
        return f"{step.get('label', '')}{code}"
    bearer = "the seller" if step.get("funded_by") == "seller" else "the marketplace"
    return f"{step.get('label', '')}{code}, borne by {bearer}"


def _tax(step: Mapping[str, Any], currency: str, shown: Shown) -> str:
    where = f", due where it is picked up: {step['fetched_at']}" if step.get("fetched_at") else ""
    return _tax_itself(step, currency, shown) + where


def _tax_itself(step: Mapping[str, Any], currency: str, shown: Shown) -> str:
    rate, base = int(step.get("rate_bps", 0)), int(step.get("base_minor", 0))
    name = str(step.get("name", ""))
    if not rate:
        return name
    if "%" not in name:
        name = f"{name} {rate / 100:g}%"
    if step.get("included"):
        exact = Decimal(base) * rate / (10_000 + rate)
        name = f"{name} contained in {shown(Money(base, currency))}"
    else:
        exact = Decimal(base) * rate / 10_000
        name = f"{name} on {shown(Money(base, currency))}"
    if exact == int(step.get("amount_minor", 0)):
        return name
    places = exponent(currency) + 4
    unrounded = f"{exact.scaleb(-exponent(currency)):.{places}f}".rstrip("0")
    return f"{name}, rounded from {unrounded}"
