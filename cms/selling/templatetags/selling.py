"""States in words and colors, for the admin's own screens."""

from typing import Any

from django import template

from ..masking import without_keys
from ..states import name_of, stage_of, summary_of
from ..tables import tone

register = template.Library()
register.filter(without_keys)
register.filter(stage_of)
register.filter(summary_of)


@register.filter
def as_move(state: str) -> str:
    """Return what happened when a part of an order came to a state."""
    return name_of(state, kind="move")


@register.inclusion_tag("admin/parts/state.html")
def state(value: str, kind: str = "") -> dict[str, Any]:
    """Show a state as a colored word, named after the kind of thing it is a state of."""
    return {"tone": tone(value, kind=kind), "value": name_of(value, kind=kind)}
