from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class PayoutSent(Fact):
    """A payout is on its way to the seller's bank."""

    name: ClassVar[str] = "payouts.payout-sent.v1"
    payout_id: int


@dataclass(frozen=True, kw_only=True)
class PayoutFailed(Fact):
    """The provider or the bank refused a payout; somebody has to look."""

    name: ClassVar[str] = "payouts.payout-failed.v1"
    payout_id: int
