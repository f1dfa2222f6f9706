"""What crosses the border of checkout."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order was placed. Send the shopper to `payment_url` when there is one.

    Without one, `outcome` tells why: "confirmed" needs no payment, "try-again"
    means that the provider is away and the order waits, "settled" that an
    earlier submit of the same cart was paid or given up already.
    """

    order_token: str
    payment_url: str | None
    outcome: Literal["pay", "confirmed", "try-again", "settled"]


@dataclass(frozen=True, kw_only=True)
class OrderState:
    """Where an order stands after its payment was looked at."""

    order_token: str
    state: Literal["pending", "confirmed", "canceled", "review"]
    payment_state: str = ""
    failure_code: str = ""

    @property
    def is_confirmed(self) -> bool:
        return self.state == "confirmed"
