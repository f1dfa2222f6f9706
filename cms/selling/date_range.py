"""Two dates of a filter, each with a name of its own for those who hear the page."""

from typing import Any

from wagtail.admin.filters import DateRangePickerWidget


class NamedDateRange(DateRangePickerWidget):
    """From and to. A placeholder is no name, and is gone once something is typed."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("From", "To"), strict=True):
            widget.attrs["aria-label"] = name
