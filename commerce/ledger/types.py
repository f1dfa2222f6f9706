from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class EntryData:
    """One line of an account's statement; debits are positive."""

    at: datetime
    kind: str
    memo: str
    business_key: str
    amount_minor: int
