"""Tags for templates of pages and blocks."""

from typing import Any

from django import template

from ..sections import preview

register = template.Library()


@register.inclusion_tag("pages/sections.html")
def preview_block(bound_block: Any) -> dict[str, Any]:
    """Show one block as it would stand on a page, for the editor's block picker."""
    return {"sections": preview(bound_block)}
