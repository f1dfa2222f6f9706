"""Who looked at what is personal, and what staff did."""

from typing import Any

from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import BaseListingView

from commerce.accounts import queries as accounts
from commerce.audit.models import Entry

from ..forms import AuditFilter
from .base import StaffScreen


class AuditLog(StaffScreen, BaseListingView):
    """The latest first. Nobody can change or take back what stands here."""

    right = "view_audit"
    reveals = "audit.viewed"
    page_title = "Audit log"
    header_icon = "history"
    index_url_name = "backoffice:audit"
    index_results_url_name = "backoffice:audit_results"
    default_ordering = "-pk"
    filterset_class = AuditFilter
    is_searchable = True
    search_fields = ["subject", "actor"]
    paginate_by = 50
    verbose_name_plural = "entries"
    columns = [
        DateColumn("at", label="When", sort_key="at"),
        Column("who", label="Who"),
        Column("action", label="What"),
        Column("subject", label="With what"),
        Column("details", label="More", accessor=lambda entry: told(entry.details)),
    ]

    def get_base_queryset(self) -> Any:
        return Entry.objects.all()

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        entries = context["object_list"]
        keys = {entry.actor.removeprefix("user:") for entry in entries}
        emails = accounts.user_emails(user_ids=[int(key) for key in keys if key.isdecimal()])
        for entry in entries:
            key = entry.actor.removeprefix("user:")
            entry.who = emails.get(int(key), entry.actor) if key.isdecimal() else entry.actor
        return context


def told(details: dict[str, Any]) -> str:
    """Write the details of an entry in one line."""
    return ", ".join(
        f"{key} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in details.items()
        if value not in ("", None, [])
    )
