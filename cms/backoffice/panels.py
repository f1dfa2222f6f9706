"""What waits for the marketplace's people, on their home page."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui.components import Component

from commerce.payments.models import Dispute
from commerce.payouts.models import Payout
from commerce.pricing.models import TaxRate
from commerce.reconciling.models import Break
from commerce.returns import queries as returns
from commerce.sellers import queries as sellers

from . import failures
from .rights import full
from .views.payments import unsettled_payments


class WaitingForStaff(Component):
    """Applications, payments and payouts that need a person with the right."""

    order = 50
    template_name = "admin/backoffice/waiting.html"

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        counters = [
            ("decide_applications", "applications", "Applications to sell", _applications),
            ("review_payments", "payments", "Payments to review", _payments),
            ("review_payments", "disputes", "Disputes to answer", _disputes),
            ("review_payments", "breaks", "Differences to explain", _breaks),
            (
                "decide_requests", "requests?state=escalated", "Requests to decide",
                returns.count_escalated,
            ),
            ("manage_payouts", "payouts?state=failed", "Failed payouts", _failed),
            ("repair_work", "failures", "Failed work", failures.count),
        ]  # fmt: skip
        keeps_rates = self.request.user.has_perm("pricing.view_taxrate")
        return {
            "takes_no_tax": keeps_rates and _takes_no_tax(),
            "waiting": [
                (_address(name), label, count())
                for right, name, label, count in counters
                if self.request.user.has_perm(full(right))
            ],
        }


def _address(screen: str) -> str:
    name, mark, query = screen.partition("?")
    return reverse(f"backoffice:{name}") + mark + query


def _applications() -> int:
    return sellers.open_applications()


def _payments() -> int:
    return int(unsettled_payments().count())


def _disputes() -> int:
    return Dispute.objects.filter(state=Dispute.State.OPEN, answered_at=None).count()


def _breaks() -> int:
    return Break.objects.filter(resolved_at=None).count()


def _takes_no_tax() -> bool:
    return settings.TAX_ENGINE == "tables" and not TaxRate.objects.exists()


def _failed() -> int:
    return Payout.objects.filter(state=Payout.State.FAILED).count()
