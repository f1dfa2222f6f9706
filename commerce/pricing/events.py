"""What pricing reports."""

from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class PricesChanged(Fact):
    name: ClassVar[str] = "pricing.prices-changed.v1"
    variant_ids: list[int]
