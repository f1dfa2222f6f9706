"""What shoppers ask after they ordered: cancellations, returns, claims; and answers to them."""

from collections.abc import Callable
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
from wagtail.admin.widgets.button import HeaderButton

from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.payments.operations import RefundTooLarge, WayClosed
from commerce.returns import operations
from commerce.returns import queries as returns
from commerce.returns.types import CaseData

from .. import queries
from ..case_forms import AnswerForm, CancelForm, CaseFilter, InspectForm, ReplacementForm
from ..policy import Work
from ..tables import CountColumn, StateColumn
from .base import SellerScreen
from .orders import OrderScreen, order_url

MONEY_ACTS = {"yes", "no", "accept", "decline"}
"""Answers that give something back, or refuse to; packers record what came and what left."""
REFUSALS = (operations.NotPossible, operations.GivesTooMuch, RefundTooLarge, WayClosed)


class CaseList(SellerScreen, BaseListingView):
    """Newest first."""

    work = Work.ANYONE
    reveals = "requests.listed"
    page_title = "Returns and requests"
    header_icon = "rotate"
    index_url_name = "selling:requests"
    index_results_url_name = "selling:requests_results"
    default_ordering = "-created_at"
    filterset_class = CaseFilter
    is_searchable = True
    search_fields = ["number"]
    paginate_by = 25
    verbose_name_plural = "requests"
    columns = [
        TitleColumn(
            "number", label="Request",
            get_url=lambda case: reverse("selling:request", args=[case.number]),
        ),
        StateColumn("state", label="State", kind="case", sort_key="state"),
        Column("kind", label="Kind", accessor="get_kind_display"),
        DateColumn("created_at", label="Asked", sort_key="created_at"),
        Column(
            "due_at", label="Answer until", sort_key="due_at",
            accessor=lambda case: f"{case.due_at:%-d %B, %H:%M} UTC" if case.due_at else "",
        ),
        CountColumn("items", label="Items"),
    ]  # fmt: skip

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.is_owner:
            return []
        address = reverse("selling:return_window")
        return [HeaderButton("Days to send back", url=address, icon_name="rotate")]

    def get_base_queryset(self) -> Any:
        return queries.own_cases(seller_id=self.seller_id)

    def search_queryset(self, queryset: Any) -> Any:
        found = super().search_queryset(queryset)
        return queryset.filter(pk__in=found.values("pk")) if self.is_searching else found


class CaseScreen(SellerScreen, WagtailAdminTemplateMixin):
    """One request, found among the seller's own only."""

    work = Work.ANYONE
    reveals = "request.viewed"
    parent = ("selling:requests", "Returns and requests")
    header_icon = "rotate"

    @cached_property
    def case(self) -> CaseData:
        found = returns.case_of_seller(seller_id=self.seller_id, number=self.kwargs["case_number"])
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return f"Request {self.case.number}"


class CaseDetail(CaseScreen, TemplateView):
    """What is asked, with the form that its state calls for."""

    template_name = "admin/selling/case.html"
    form: forms.Form | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.POST.get("act", "")
        if wanted in MONEY_ACTS and not self.may_decide:
            raise Http404
        self.form = self._form(request.POST)
        act = self._acts().get(wanted)
        if act is None or (self.form is not None and not self.form.is_valid()):
            return self.render_to_response(self.get_context_data(), status=422)
        try:
            act()
        except REFUSALS as refusal:
            said = str(refusal)
            if isinstance(refusal, operations.GivesTooMuch):
                said = f"At most {refusal.left} can be withheld: that is what you would lose."
            if self.form is None:
                messages.error(request, said)
                return redirect("selling:request", self.case.number)
            self.form.add_error(None, said)
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, "Done. The shopper was told.")
        return redirect("selling:request", self.case.number)

    def _form(self, data: Any = None) -> forms.Form | None:
        case = self.case
        if case.state == "requested":
            return AnswerForm(data, case=case)
        if case.stage == "received":
            on_sale = returns.goes_back_on_sale(case=case)
            return InspectForm(data, case=case, on_sale=on_sale)
        if case.state == "exchanged" and case.replaced_at is None:
            return ReplacementForm(data)
        return None

    def _acts(self) -> dict[str, Callable[[], object]]:
        """Return what can be done in this state, by the button that does it."""
        case = self.case
        if case.state == "requested":
            return {"yes": lambda: self._answer(True), "no": lambda: self._answer(False)}
        if case.stage in ("approved", "sent"):
            return {"received": lambda: operations.receive(**self._which)}
        if case.stage == "received":
            return {"accept": lambda: self._inspect(False), "decline": lambda: self._inspect(True)}
        if self._form() is not None:
            return {"replaced": self._replace}
        return {}

    @property
    def _which(self) -> dict[str, int]:
        return {"seller_id": self.seller_id, "case_id": self.case.id}

    @property
    def _said(self) -> dict[str, Any]:
        return self.form.cleaned_data if self.form is not None else {}

    def _answer(self, consent: bool) -> None:
        note = self._said["note"]
        if self.case.kind == "cancel":
            operations.answer_cancellation(**self._which, consent=consent, note=note)
        elif self.case.kind == "claim":
            operations.answer_claim(**self._which, consent=consent, note=note)
        else:
            operations.answer_return(
                **self._which, consent=consent, note=note, return_to=self._said["return_to"]
            )

    def _inspect(self, decline: bool) -> None:
        form = self.form
        if not isinstance(form, InspectForm):
            raise operations.NotPossible("It is not here to be looked at.")
        operations.inspect(
            **self._which,
            findings=form.findings,
            withheld_minor=form.withheld_minor,
            decline=decline,
            note=self._said["note"],
        )

    def _replace(self) -> None:
        operations.send_replacement(**self._which, tracking_number=self._said["tracking_number"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "case": self.case,
            "label": returns.label_of(case_id=self.case.id) if self.case.kind == "return" else None,
            "may_decide": self.may_decide,
            "form": self.form or self._form(),
            "picture_url": "selling:request_picture",
            "order_url": order_url(self.case.part_number),
            "share": self.case.returned_before_bps // 100,
            "paid": self._paid(),
        }

    def _paid(self) -> Money | None:
        """Return what the shopper paid for what is here to be decided about."""
        case = self.case
        if case.state != "requested" and case.stage != "received":
            return None
        units = {line.order_line_id: line.quantity for line in case.lines}
        return orders.paid_for(seller_order_id=case.seller_order_id, units=units)


class CasePicture(CaseScreen, View):
    """A picture that a shopper added."""

    reveals = "request-picture.viewed"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = returns.picture(picture_id=kwargs["picture_id"], case_id=self.case.id)
        if data is None:
            raise Http404
        return HttpResponse(data, content_type="image/jpeg")


class CancelForSeller(OrderScreen, TemplateView):
    """Cancel what cannot be delivered: refunded at once, or not charged where nothing was yet."""

    work = Work.DECISIONS
    template_name = "admin/selling/cancel.html"
    form: CancelForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = CancelForm(request.POST, part=self.part)
        if self.form.is_valid() and "preview" in request.POST:
            return self.render_to_response(self.get_context_data())
        if self.form.is_valid():
            try:
                operations.cancel_for_seller(
                    seller_id=self.seller_id,
                    seller_order_id=self.part.id,
                    units=self.form.units,
                    note=self.form.cleaned_data["note"],
                )
            except REFUSALS as refusal:
                self.form.add_error(None, str(refusal))
            else:
                done = "not charged for it" if self.part.awaits_capture else "refunded"
                messages.success(request, f"Canceled. The shopper was told and is {done}.")
                return redirect(order_url(self.part.number))
        return self.render_to_response(self.get_context_data(), status=422)

    def get_page_title(self) -> str:
        return f"Cancel items of {self.part.number}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "part": self.part,
            "form": self.form or CancelForm(part=self.part),
            "preview": self._preview(),
        }

    def _preview(self) -> Money | None:
        if self.form is None or not self.form.is_valid():
            return None
        return orders.refund_preview(seller_order_id=self.part.id, units=self.form.units)
