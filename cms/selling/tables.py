"""Columns that Wagtail's tables lack: money, states with a color, two lines in one cell."""

from collections.abc import Callable, Mapping
from typing import Any

from wagtail.admin.ui.tables import Column

from .states import name_of

TONES = {
    "submitted": "wait", "approved": "good", "rejected": "bad",
    "active": "good", "suspended": "bad", "closed": "bad",
    "pending": "wait", "confirmed": "todo", "processing": "todo", "shipped": "wait",
    "partly-shipped": "todo", "reserved": "wait",
    "delivered": "good", "canceled": "bad", "returned": "bad",
    "created": "wait", "sending": "wait", "sent": "good", "failed": "bad",
    "captured": "good", "authorized": "wait", "orphan": "bad", "review": "bad",
    "draft": "wait", "waiting": "todo", "live": "good", "archived": "bad",
    "open": "bad", "won": "good", "lost": "bad", "held": "wait", "spent": "good",
    "released": "wait",
    "escalated": "todo", "received": "todo", "inspected": "todo", "refunded": "good",
    "partly": "good", "exchanged": "good", "refused": "bad", "declined": "bad", "overtaken": "bad",
    "requested": "wait", "succeeded": "good", "settled": "good", "ok": "good",
    "on": "good", "scheduled": "todo", "ended": "wait", "offered": "good", "withdrawn": "wait",
}  # fmt: skip


TONES_OF = {"case": {"requested": "todo", "approved": "wait", "sent": "wait"}}
"""Where a state asks somebody else to act than it does of most things."""


def tone(state: str, *, kind: str = "") -> str:
    """Return how a state is colored: good, bad, todo or wait. Words always say it too."""
    return TONES_OF.get(kind, TONES).get(state) or TONES.get(state, "wait")


class MoneyColumn(Column):
    """An amount, aligned with the ones above and below."""

    cell_template_name = "admin/parts/money_cell.html"

    def __init__(self, name: str, **kwargs: Any) -> None:
        kwargs.setdefault("classname", "stoa-number")
        super().__init__(name, **kwargs)


class CountColumn(Column):
    """A number, aligned to the right."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        kwargs.setdefault("classname", "stoa-number")
        super().__init__(name, **kwargs)


class StateColumn(Column):
    """A state in words, with a color."""

    cell_template_name = "admin/parts/state_cell.html"

    def __init__(self, name: str, *, kind: str = "", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.kind = kind

    def get_cell_context_data(
        self, instance: Any, parent_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        state = str(context["raw_value"])
        context["tone"] = tone(state, kind=self.kind)
        context["value"] = name_of(state, kind=self.kind)
        return context


class TwoLineColumn(Column):
    """A value with a quieter line below it."""

    cell_template_name = "admin/parts/two_line_cell.html"

    def __init__(self, name: str, *, below: Callable[[Any], str], **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.below = below

    def get_cell_context_data(
        self, instance: Any, parent_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        context["below"] = self.below(instance)
        return context
