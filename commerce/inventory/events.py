"""What inventory reports."""

from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class StockChanged(Fact):
    """These variants may have come into stock or gone out of it."""

    name: ClassVar[str] = "inventory.stock-changed.v1"
    variant_ids: list[int]
