"""Where a check for fraud is plugged in: asked before an order is written and a page opened.

The setting FRAUD_CHECK names a class with the method below. One that fails or
takes too long is the operator's problem, not the shopper's: the order goes on.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from commerce.kernel.money import Money
from commerce.orders import queries as orders

from .refusals import Suspected

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """What is known of whoever is about to order."""

    email: str
    user_id: int | None
    principal: str
    """The person or network behind it, as far as that is known."""
    country: str
    total: Money


class FraudCheck(Protocol):
    def objection(self, suspect: Suspect) -> str:
        """Say why the order should not be taken, for the log; "" lets it pass."""


class Nothing:
    """Lets everybody pass: for shops that leave it to the provider."""

    def objection(self, suspect: Suspect) -> str:
        return ""


class Velocity:
    """Stops whoever tries many payments in a short time, as those do who test stolen cards."""

    MOST_FAILED = 6
    HOURS = 1

    def objection(self, suspect: Suspect) -> str:
        failed = orders.given_up_by(email=suspect.email, hours=self.HOURS)
        if failed < self.MOST_FAILED:
            return ""
        return f"{failed} orders given up within {self.HOURS} hour"


def check(suspect: Suspect) -> None:
    """Ask the check that the settings name. Raises Suspected."""
    try:
        objection = _chosen(settings.FRAUD_CHECK).objection(suspect)
    except DatabaseError:
        raise
    except Exception as error:
        log.error("fraud.check_failed", error=repr(error))
        return
    if objection:
        log.warning("fraud.refused", reason=objection, principal=suspect.principal)
        raise Suspected


@lru_cache(maxsize=4)
def _chosen(name: str) -> FraudCheck:
    check: FraudCheck = import_string(name)()
    return check
