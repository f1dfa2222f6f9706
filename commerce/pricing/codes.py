"""Promotion codes: how they are written, who enters them, and what a refused one is told."""

import hashlib

from commerce.kernel.money import Money

from .discounts import Idle, Promotion
from .types import CodeState, CodeStatus

MOST_LETTERS = 40

_WORDS: dict[str, str] = {
    "unknown": "There is no code {code}. Check how it is written.",
    "early": "The code {code} cannot be used yet. Try again later.",
    "ended": "The code {code} has ended.",
    "used-up": "The code {code} was used as often as it may be.",
    "used-by-you": "You used the code {code} as often as you may.",
    "not-for-you": "The code {code} is for a group of customers. Sign in if you belong to it.",
    "currency": "The code {code} is not for this currency.",
    "one-only": "An order takes one code. Remove the other one to use {code}.",
    "not-for-these": "The code {code} is not for the items in your cart.",
    "minimum": "The code {code} needs {least} of the items it is for.",
    "first-order": "The code {code} is for a first order.",
    "too-few": "The code {code} needs more of the items it is for: buy {buy}, get {get}.",
    "shipping-later": "The code {code} takes effect once you choose how your items are shipped.",
    "better-offer": "The code {code} takes nothing off, because a better offer applies already.",
}


def written(code: str) -> str:
    """Return a code as it is stored: capitals, without spaces around or inside."""
    return "".join(code.split()).upper()[:MOST_LETTERS]


def customer_key(email: str) -> str:
    """Return what stands for a person however they write their address; empty for nobody.

    Labels after a plus sign are left out. A digest, so that nobody can be read from it.
    """
    name, _, host = email.strip().lower().partition("@")
    if not host:
        return ""
    plain = name.split("+")[0]
    return hashlib.sha256(f"{plain}@{host}".encode()).hexdigest()


def state_of(
    code: str, status: CodeStatus | Idle, promotion: Promotion | None, currency: str
) -> CodeState:
    """Say what became of a code."""
    least = Money(promotion.least_minor, currency) if promotion else Money.zero(currency)
    words = _WORDS.get(status, "")
    return CodeState(
        code=code,
        status=status,
        label=promotion.label if promotion else "",
        message=words.format(
            code=code,
            least=least,
            buy=promotion.buy if promotion else 0,
            get=promotion.get if promotion else 0,
        ),
    )
