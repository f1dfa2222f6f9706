"""What shoppers ask after they ordered, of all sellers; decided for them with a reason."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from cms.selling.case_forms import CaseFilter
from cms.selling.tables import StateColumn
from commerce.orders import queries as orders
from commerce.payments.operations import RefundTooLarge, WayClosed
from commerce.returns import operations
from commerce.returns import queries as returns
from commerce.returns.models import Case
from commerce.returns.types import CaseData
from commerce.sellers import queries as sellers

from .base import StaffScreen

REFUSALS = (operations.NotPossible, operations.GivesTooMuch, RefundTooLarge, WayClosed)


class OverrideForm(forms.Form):
    """A decision in the seller's place."""

    note = forms.CharField(
        label="Reason",
        help_text="The shopper, the seller and the record are told.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    borne = forms.BooleanField(label="The marketplace bears it, not the seller", required=False)

    def __init__(self, *args: Any, case: CaseData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case.kind != "claim":
            del self.fields["borne"]


class CaseList(StaffScreen, BaseListingView):
    """Newest first."""

    right = "view_orders"
    page_title = "Returns and requests"
    header_icon = "rotate"
    index_url_name = "backoffice:requests"
    index_results_url_name = "backoffice:requests_results"
    default_ordering = "-created_at"
    filterset_class = CaseFilter
    is_searchable = True
    search_fields = ["number", "seller__name"]
    paginate_by = 25
    verbose_name_plural = "requests"
    columns = [
        TitleColumn(
            "number", label="Request",
            get_url=lambda case: reverse("backoffice:request", args=[case.number]),
        ),
        StateColumn("state", label="State", kind="case", sort_key="state"),
        Column("seller", label="Seller", accessor="seller.name"),
        Column("kind", label="Kind", accessor="get_kind_display"),
        DateColumn("created_at", label="Asked", sort_key="created_at"),
        Column(
            "due_at", label="Answer until", sort_key="due_at",
            accessor=lambda case: f"{case.due_at:%-d %B, %H:%M} UTC" if case.due_at else "",
        ),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Case.objects.select_related("seller")

    def search_queryset(self, queryset: Any) -> Any:
        found = super().search_queryset(queryset)
        return queryset.filter(pk__in=found.values("pk")) if self.is_searching else found


class CaseScreen(StaffScreen, WagtailAdminTemplateMixin):
    """One request, whoever's it is."""

    right = "view_orders"
    reveals = "request.viewed"
    header_icon = "rotate"
    parent = ("backoffice:requests", "Returns and requests")

    @cached_property
    def case(self) -> CaseData:
        found = returns.case_by_number(number=self.kwargs["case_number"])
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return f"Request {self.case.number}"


class CaseDetail(CaseScreen, TemplateView):
    """What is asked and answered, and the way to decide otherwise."""

    template_name = "admin/backoffice/case.html"
    form: OverrideForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refuses = request.POST.get("act") == "no"
        if not self._may_decide() or (refuses and not self._may_refuse()):
            raise Http404
        self.form = OverrideForm(request.POST, case=self.case)
        if self.form.is_valid():
            try:
                self._decide(self.form.cleaned_data, grant=not refuses)
            except REFUSALS as refusal:
                self.form.add_error(None, str(refusal))
            else:
                messages.success(request, "Decided. Shopper and seller were told.")
                return redirect("backoffice:request", self.case.number)
        return self.render_to_response(self.get_context_data(), status=422)

    def _decide(self, said: dict[str, Any], *, grant: bool) -> None:
        case_id, note = self.case.id, said["note"]
        if self.case.kind == "claim":
            operations.decide_claim(
                case_id=case_id, consent=grant, note=note, borne=bool(said.get("borne"))
            )
        elif self.case.kind == "cancel":
            operations.override_cancellation(case_id=case_id, note=note)
        else:
            operations.override_return(case_id=case_id, note=note, consent=grant)

    def _may_decide(self) -> bool:
        right = self.request.user.has_perm("backoffice.decide_requests")
        return right and self.case.state in self._open_states()

    def _open_states(self) -> tuple[str, ...]:
        if self.case.kind == "return":
            return ("requested", "refused", "declined", "escalated")
        return ("requested", "escalated", "refused")

    def _may_refuse(self) -> bool:
        case = self.case
        if case.kind == "claim":
            return case.state in ("requested", "escalated")
        bound = case.basis == "withdrawal" and case.came_back
        return case.state == "escalated" and not bound

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = self.case
        units = {line.order_line_id: line.quantity for line in case.lines}
        return {
            **super().get_context_data(**kwargs),
            "case": case,
            "paid": orders.paid_for(seller_order_id=case.seller_order_id, units=units)
            if self._may_decide()
            else None,
            "since": case.events[-1].at,
            "form": (self.form or OverrideForm(case=case)) if self._may_decide() else None,
            "approves": case.kind == "return" and case.stage in ("requested", "refused"),
            "may_refuse": self._may_refuse(),
            "seller": sellers.sellers(seller_ids=[case.seller_id])[case.seller_id],
            "picture_url": "backoffice:request_picture",
            "order_url": reverse("backoffice:order", args=[case.order_number]),
            "share": case.returned_before_bps // 100,
            "shows_actor": True,
        }


class CasePicture(CaseScreen, View):
    """A picture that a shopper added."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = returns.picture(picture_id=kwargs["picture_id"], case_id=self.case.id)
        if data is None:
            raise Http404
        return HttpResponse(data, content_type="image/jpeg")
