"""What a seller sees first in the admin."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from wagtail.admin.ui.components import Component

from commerce.audit import operations as audit
from commerce.inventory import queries as inventory
from commerce.payouts import queries as payouts
from commerce.returns import queries as returns
from commerce.sellers import queries as sellers

from . import queries
from .policy import Work
from .queries import WorkspaceData
from .states import PAGE_STATES

SHOWN = 8


class SellersPanel(Component):
    """A panel about one seller, for those whose work it is."""

    work = Work.ANYONE

    def __init__(self, workspace: WorkspaceData) -> None:
        self.workspace = workspace

    @property
    def seller_id(self) -> int:
        return self.workspace.seller_id


class FirstSteps(SellersPanel):
    """What is left to do before the first sale; gone once all is done."""

    order = 10
    work = Work.CONTENT
    template_name = "admin/selling/panels/steps.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        seller = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id]
        products = queries.own_products(seller_id=self.seller_id)
        done = {
            "page": queries.has_described_itself(workspace=self.workspace),
            "product": products.exists(),
            "live": products.filter(page_state="live").exists(),
            "shipping": queries.ships_somewhere(seller_id=self.seller_id),
            "bank": seller.payouts_enabled,
        }
        return {
            "done": done,
            "left": sum(not step for step in done.values()),
            "page_id": self.workspace.page_id,
            "is_owner": self.workspace.role == "owner",
        }


class OrdersToShip(SellersPanel):
    """The oldest orders that wait to be sent."""

    order = 20
    template_name = "admin/selling/panels/orders.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        waiting = queries.own_orders(seller_id=self.seller_id).filter(
            state__in=["confirmed", "processing"]
        )
        parts = list(waiting.order_by("order__placed_at", "pk")[:SHOWN])
        if parts:
            audit.record(action="orders.listed", subject=f"seller:{self.seller_id} home")
        return {
            "count": waiting.count(),
            "parts": parts,
            "requests": returns.count_waiting(seller_id=self.seller_id),
        }


class LowStock(SellersPanel):
    """What is about to run out, or has."""

    order = 30
    work = Work.CONTENT
    template_name = "admin/selling/panels/stock.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        low = queries.low_stock(seller_id=self.seller_id)
        return {"count": low.count(), "rows": list(low[:SHOWN])}


class CountsDue(SellersPanel):
    """Locations whose count is due; nothing while none is."""

    order = 25
    template_name = "admin/selling/panels/counts.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        plans = inventory.count_plans(seller_ids=[self.seller_id])
        return {"plans": [plan for plan in plans if plan.is_due][:SHOWN]}


class ProductsByState(SellersPanel):
    """How many products are drafts, wait, are live or archived."""

    order = 40
    work = Work.CONTENT
    template_name = "admin/selling/panels/products.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        products = queries.own_products(seller_id=self.seller_id)
        counts = Counter(products.values_list("page_state", flat=True))
        return {"states": [(name, label, counts[name]) for name, label in PAGE_STATES.items()]}


class EarningsPanel(SellersPanel):
    """Where the money is."""

    order = 50
    work = Work.MONEY
    template_name = "admin/selling/panels/earnings.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"summaries": payouts.summaries(seller_id=self.seller_id)}


class Suspension(SellersPanel):
    """Says that nothing is sold at the moment, and what can still be done."""

    order = 1
    template_name = "admin/selling/panels/suspended.html"


PANELS: list[type[SellersPanel]] = [
    FirstSteps, OrdersToShip, CountsDue, LowStock, ProductsByState, EarningsPanel,
]  # fmt: skip


def panels_for(workspace: WorkspaceData) -> list[SellersPanel]:
    """Return the panels a person of a seller sees, by role."""
    shown = [panel(workspace) for panel in PANELS if workspace.role in panel.work.value]
    if not workspace.is_suspended:
        return shown
    return [Suspension(workspace), *(each for each in shown if each.work is not Work.CONTENT)]
