"""The ledger, to look at only: journals, their entries, and what is in each account."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Prefetch, Sum
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, Table, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from cms.selling.masking import without_keys
from cms.selling.tables import CountColumn, MoneyColumn
from commerce.kernel.money import Money
from commerce.ledger.models import Account, Entry, Journal

from ..forms import JournalFilter
from .base import StaffScreen


class JournalList(StaffScreen, BaseListingView):
    """What was booked, newest first."""

    right = "view_ledger"
    page_title = "Ledger"
    header_icon = "list-ol"
    index_url_name = "backoffice:journals"
    index_results_url_name = "backoffice:journals_results"
    default_ordering = "-posted_at"
    filterset_class = JournalFilter
    is_searchable = True
    search_fields = ["business_key", "memo", "kind"]
    paginate_by = 50
    verbose_name_plural = "journals"
    columns = [
        TitleColumn(
            "business_key", label="Journal", accessor=lambda row: without_keys(row.business_key),
            get_url=lambda row: reverse("backoffice:journal", args=[row.pk]),
        ),
        Column("kind", label="Kind", sort_key="kind"),
        Column("memo", label="Memo", accessor=lambda row: without_keys(row.memo)),
        DateColumn("posted_at", label="Posted", sort_key="posted_at"),
        CountColumn("size", label="Entries"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Journal.objects.annotate(size=Count("entries", distinct=True))

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("Balances", url=reverse("backoffice:balances"), icon_name="table")]


class JournalDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """The entries of one journal; they sum to nothing."""

    right = "view_ledger"
    header_icon = "list-ol"
    parent = ("backoffice:journals", "Ledger")
    template_name = "admin/backoffice/journal.html"

    @cached_property
    def journal(self) -> Journal:
        entries = Entry.objects.select_related("account").order_by("pk")
        rows = Journal.objects.prefetch_related(Prefetch("entries", entries))
        journal = rows.filter(pk=self.kwargs["journal_id"]).first()
        if journal is None:
            raise Http404
        return journal

    def get_page_title(self) -> str:
        return without_keys(self.journal.business_key)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = [
            (entry.account.code, Money(entry.amount_minor, entry.account.currency))
            for entry in self.journal.entries.all()
        ]
        return {
            **super().get_context_data(**kwargs),
            "journal": self.journal,
            "debits": [(code, amount) for code, amount in entries if amount.minor > 0],
            "credits": [(code, -amount) for code, amount in entries if amount.minor < 0],
        }


class Balances(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """What is in each account. All of them together hold nothing."""

    right = "view_ledger"
    page_title = "Balances"
    header_icon = "table"
    parent = ("backoffice:journals", "Ledger")
    template_name = "admin/backoffice/balances.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = Account.objects.annotate(
            balance=Sum("entries__amount_minor", default=0), size=Count("entries")
        ).order_by("code", "currency")
        columns = [
            TitleColumn(
                "code", label="Account",
                get_url=lambda row: f"{reverse('backoffice:journals')}?account={row.code}",
            ),
            CountColumn("size", label="Entries"),
            MoneyColumn(
                "balance", label="Balance", accessor=lambda row: Money(row.balance, row.currency)
            ),
        ]  # fmt: skip
        rows = list(accounts)
        return {
            **super().get_context_data(**kwargs),
            "table": Table(columns, rows, caption="Accounts"),
            "sums": [
                Money(sum(row.balance for row in rows if row.currency == each), each)
                for each in sorted({settings.BASE_CURRENCY, *(row.currency for row in rows)})
            ],
        }
