from dataclasses import dataclass
from datetime import datetime

from commerce.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class CreditData:
    """A gift card or store credit, as its holder and staff see it. The code is not in it."""

    id: int
    kind: str
    ending: str
    issued: Money
    balance: Money
    expires_at: datetime
    reason: str

    @property
    def label(self) -> str:
        return f"Gift card ending in {self.ending}" if self.ending else "Store credit"


@dataclass(frozen=True, kw_only=True)
class CreditUse:
    """What an order takes, or will take, from one credit."""

    credit_id: int
    label: str
    amount: Money
