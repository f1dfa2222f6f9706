"""Words of a product that go live with a version of its page, as editor and moderator see them."""

from typing import Any

from wagtail.admin.compare import FieldComparison, TextDiff, diff_text
from wagtail.admin.panels import Panel

NOTHING = "As they are"


def in_words(proposed: dict[str, Any]) -> list[str]:
    """Return what is proposed, a line each: brand, facts, and options with their values."""
    lines = []
    if "brand" in proposed:
        lines.append(f"Brand: {proposed['brand'] or 'none'}")
    for name, value in proposed.get("specifications", ()):
        lines.append(f"{name}: {value}")
    variants = proposed.get("variants", ())
    for at, name in enumerate(proposed.get("options", ())):
        values = dict.fromkeys(
            variant["values"][at] for variant in variants if len(variant["values"]) > at
        )
        lines.append(f"{name}: {', '.join(values)}")
    return lines


class ProposedComparison(FieldComparison):
    """What is proposed beside what was, word by word."""

    def htmldiff(self) -> str:
        before, after = (
            "; ".join(in_words(value or {})) or NOTHING for value in (self.val_a, self.val_b)
        )
        diff: TextDiff = diff_text(before, after)
        return str(diff.to_html())


class ProposedPanel(Panel):
    """Shown while something is proposed; compared like any field of the page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"heading": "Brand, options and facts", **kwargs})

    class BoundPanel(Panel.BoundPanel):
        template_name = "admin/pages/proposed.html"

        def is_shown(self) -> bool:
            return bool(getattr(self.instance, "proposed", None))

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return {**context, "lines": in_words(self.instance.proposed)}

        def get_comparison(self) -> list[Any]:
            field = self.instance._meta.get_field("proposed")
            return [lambda first, second: ProposedComparison(field, first, second)]
