"""What hooks report."""

from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class EndpointDisabled(Fact):
    """A seller's address did not answer for days and is called no more."""

    name: ClassVar[str] = "hooks.endpoint-disabled.v1"
    endpoint_id: int
    seller_id: int
    url: str
    failing_since: str
