"""Groups of customers, for whom prices and promotions can be meant."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from cms.selling.tables import CountColumn
from commerce.accounts import queries as accounts
from commerce.pricing import operations as pricing
from commerce.pricing.models import CustomerGroup

from .base import StaffScreen


class GroupForm(forms.Form):
    name = forms.CharField(max_length=60)
    emails = forms.CharField(
        label="Who belongs to it",
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Email addresses of accounts, one per line.",
    )

    def clean_emails(self) -> list[int]:
        lines = self.cleaned_data["emails"].splitlines()
        emails = {line.strip().lower() for line in lines if line.strip()}
        known = accounts.user_ids_by_email(emails=emails)
        if unknown := sorted(emails - known.keys()):
            raise forms.ValidationError(f"No account has the address {', '.join(unknown[:5])}.")
        return sorted(known.values())


class GroupList(StaffScreen, BaseListingView):
    """By name."""

    right = "manage_promotions"
    page_title = "Groups of customers"
    header_icon = "group"
    index_url_name = "backoffice:groups"
    default_ordering = "name"
    paginate_by = 50
    verbose_name_plural = "groups of customers"
    columns = [
        TitleColumn(
            "name", label="Group", get_url=lambda row: reverse("backoffice:group", args=[row.pk])
        ),
        CountColumn("people", label="Customers"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return CustomerGroup.objects.annotate(people=Count("members"))

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("New group", url=reverse("backoffice:group_new"), icon_name="plus")]


class EditGroup(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Name a group and say who belongs to it."""

    right = "manage_promotions"
    header_icon = "group"
    parent = ("backoffice:groups", "Groups of customers")
    template_name = "admin/backoffice/group.html"
    reveals = "staff.group"
    form: GroupForm

    @cached_property
    def group(self) -> CustomerGroup | None:
        number = self.kwargs.get("customer_group_id")
        if number is None:
            return None
        found = CustomerGroup.objects.filter(pk=number).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return self.group.name if self.group else "New group"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = {}
        if self.group:
            people = self.group.members.order_by("user__email").values_list(
                "user__email", flat=True
            )
            initial = {"name": self.group.name, "emails": "\n".join(people)}
        self.form = GroupForm(initial=initial)
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = self.group
        self.form = GroupForm(request.POST)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        data = self.form.cleaned_data
        try:
            pricing.save_group(
                name=data["name"], user_ids=data["emails"], group_id=known.pk if known else None
            )
        except pricing.GroupNameTaken:
            self.form.add_error("name", "There is a group of this name already.")
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, "Saved.")
        return redirect("backoffice:groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}
