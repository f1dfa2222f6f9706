from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class InvariantsChecked(Fact):
    """Every rule was counted; these did not hold."""

    name: ClassVar[str] = "invariants.checked.v1"
    broken: list[str]
