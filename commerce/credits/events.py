from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class CreditIssued(Fact):
    """Somebody got a gift card or store credit. The code of a card is not told here."""

    name: ClassVar[str] = "credits.credit-issued.v1"
    credit_id: int
