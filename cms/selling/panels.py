"""What a seller sees first in the admin."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from wagtail.admin.ui.components import Component

from commerce.payouts import queries as payouts

from . import queries
from .policy import Work
from .queries import WorkspaceData

SHOWN = 8


class SellersPanel(Component):
    """A panel about one seller, for those whose work it is."""

    work = Work.ANYONE

    def __init__(self, workspace: WorkspaceData) -> None:
        self.workspace = workspace


class OrdersToShip(SellersPanel):
    """The oldest orders that wait to be sent."""

    order = 20
    template_name = "admin/selling/panels/orders.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        waiting = queries.own_orders(seller_id=self.workspace.seller_id).filter(
            state__in=["confirmed", "processing"]
        )
        return {
            "count": waiting.count(),
            "parts": list(waiting.order_by("order__placed_at", "pk")[:SHOWN]),
        }


class EarningsPanel(SellersPanel):
    """Where the money is."""

    order = 40
    work = Work.MONEY
    template_name = "admin/selling/panels/earnings.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        summary = payouts.summary(
            seller_id=self.workspace.seller_id, currency=settings.BASE_CURRENCY
        )
        return {"summary": summary}


PANELS: list[type[SellersPanel]] = [OrdersToShip, EarningsPanel]


def panels_for(workspace: WorkspaceData) -> list[SellersPanel]:
    """Return the panels a person of a seller sees, by role."""
    return [panel(workspace) for panel in PANELS if workspace.role in panel.work.value]
