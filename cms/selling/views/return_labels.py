"""The label for what a shopper sends back: bought through a carrier, or given as a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic import TemplateView

from commerce.catalog import queries as catalog
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.types import LabelOffer
from commerce.gateways.carriers import CarrierUnavailable, is_set_up
from commerce.kernel.tokens import new_token
from commerce.orders import queries as orders
from commerce.returns import operations
from commerce.returns import queries as returns

from ..label_forms import GivenLabelForm, ParcelForm, value_of
from ..policy import Work
from .cases import CaseScreen

_AWAY = (
    "The carriers do not answer at the moment. Try again in a few minutes, or buy the label "
    "elsewhere and upload it below."
)
_REFUSALS = (
    operations.NotPossible,
    operations.InvalidLabelFile,
    fulfillment.NoOrigin,
    fulfillment.CustomsMissing,
    fulfillment.LabelRefused,
    fulfillment.NotVoidable,
)


class ReturnLabel(CaseScreen, TemplateView):
    """Measure the parcel, see what carriers ask, buy one; or upload; or take it back."""

    work = Work.DECISIONS
    template_name = "admin/selling/return_label.html"
    form: ParcelForm
    given: GivenLabelForm
    offers: list[LabelOffer] | None = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.given = GivenLabelForm()

    def get_page_title(self) -> str:
        return "Return label"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        *above, here = super().get_breadcrumbs_items()
        address = reverse("selling:request", args=[self.case.number])
        return [*above, {"url": address, "label": f"Request {self.case.number}"}, here]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.case.kind != "return":
            raise Http404
        self.form = ParcelForm(initial={"key": new_token()[:24], "kilograms": self._weight()})
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.case.kind != "return":
            raise Http404
        self.form = ParcelForm(initial={"key": new_token()[:24], "kilograms": self._weight()})
        act = {"offers": self._offers, "give": self._give, "back": self._back}.get(
            request.POST.get("do", "")
        )
        if act is None:
            raise Http404
        done = act()
        return done or self.render_to_response(self.get_context_data(), status=422)

    def _offers(self) -> HttpResponse | None:
        self.form = form = ParcelForm(self.request.POST)
        if not form.is_valid():
            return None
        offer = form.chosen()
        try:
            if offer is None:
                self.offers = operations.label_offers(
                    seller_id=self.seller_id, case_id=self.case.id, **form.as_parcel()
                )
                return self.render_to_response(self.get_context_data())
            operations.buy_label(
                seller_id=self.seller_id,
                case_id=self.case.id,
                key=form.cleaned_data["key"],
                **offer,
                **form.as_parcel(),
            )
        except fulfillment.LabelPending as pending:
            messages.warning(self.request, str(pending))
            return self._done()
        except fulfillment.InvalidParcel as refusal:
            form.add_error("kilograms" if refusal.field == "weight" else "length", str(refusal))
            return None
        except CarrierUnavailable:
            form.add_error(None, _AWAY)
            return None
        except _REFUSALS as refusal:
            form.add_error(None, str(refusal))
            form.data = {**form.data.dict(), "key": new_token()[:24]}  # type: ignore[attr-defined]
            return None
        messages.success(self.request, "The label is bought. The shopper was told.")
        return self._done()

    def _give(self) -> HttpResponse | None:
        self.given = form = GivenLabelForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return None
        try:
            operations.give_label(
                seller_id=self.seller_id,
                case_id=self.case.id,
                data=form.cleaned_data["file"].read(),
                tracking_number=form.cleaned_data["tracking_number"],
            )
        except _REFUSALS as refusal:
            form.add_error("file", str(refusal))
            return None
        messages.success(self.request, "Saved. The shopper was told.")
        return self._done()

    def _back(self) -> HttpResponse:
        try:
            operations.take_label_back(seller_id=self.seller_id, case_id=self.case.id)
        except fulfillment.LabelPending:
            messages.warning(
                self.request, "The carrier does not answer. It is asked again by itself."
            )
        except _REFUSALS as refusal:
            messages.error(self.request, str(refusal))
        else:
            messages.success(self.request, "The label is taken back; its price too.")
        return self._done()

    def _done(self) -> HttpResponse:
        return redirect("selling:request", self.case.number)

    def _weight(self) -> str:
        """What the items weigh by the catalog, in kilograms."""
        part = orders.seller_orders_by_id(seller_order_ids=[self.case.seller_order_id])[
            self.case.seller_order_id
        ]
        variant_of = {line.id: line.variant_id for line in part.lines}
        known = catalog.variants(variant_ids=variant_of.values())
        grams = sum(
            known[variant_of[line.order_line_id]].weight_grams * line.quantity
            for line in self.case.lines
        )
        return f"{grams / 1000:g}" if grams else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "case": self.case,
            "label": returns.label_of(case_id=self.case.id),
            "form": self.form,
            "given": self.given,
            "offers": [(value_of(offer), offer) for offer in self.offers or []],
            "payer": returns.label_payer(case_id=self.case.id),
            "has_asked": self.offers is not None,
            "has_carriers": is_set_up(),
        }


class ReturnLabelSheet(CaseScreen, View):
    """What the shopper prints."""

    work = Work.DECISIONS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sheet = returns.label_sheet(case_id=self.case.id)
        if sheet is None:
            raise Http404
        ending, data = sheet
        kind = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}[ending]
        response = HttpResponse(data, content_type=kind)
        name = f"return-label-{self.case.number}.{ending}"
        response["Content-Disposition"] = f'inline; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response
