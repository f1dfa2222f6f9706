from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Fact):
    """A cancellation, return or claim was asked for ("requested") or reached another state."""

    name: ClassVar[str] = "returns.case-moved.v1"
    case_id: int
    from_state: str
    to_state: str


@dataclass(frozen=True, kw_only=True)
class CaseReminder(Fact):
    """A return will soon have waited too long for who has to do the next step."""

    name: ClassVar[str] = "returns.case-reminder.v1"
    case_id: int
    state: str
    version: int


@dataclass(frozen=True, kw_only=True)
class WithdrawalDeclared(Fact):
    """A shopper withdrew from a contract; the receipt is owed to them at once."""

    name: ClassVar[str] = "returns.withdrawal-declared.v1"
    withdrawal_id: int


@dataclass(frozen=True, kw_only=True)
class ReplacementSent(Fact):
    """What replaces returned goods is on its way."""

    name: ClassVar[str] = "returns.replacement-sent.v1"
    case_id: int


@dataclass(frozen=True, kw_only=True)
class ReturnLabelReady(Fact):
    """The seller gave a label for what goes back; one that is bought is told as such."""

    name: ClassVar[str] = "returns.return-label-ready.v1"
    case_id: int
    return_label_id: int
