"""Labels for parcels, and what shoppers pick up."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View
from django.views.generic import TemplateView

from commerce.catalog import queries as catalog
from commerce.documents import operations as documents
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.fulfillment.models import Dispatch
from commerce.fulfillment.types import LabelOffer
from commerce.gateways.carriers import CarrierUnavailable
from commerce.kernel.tokens import new_token
from commerce.orders.types import SellerOrderData

from ..label_forms import LabelForm, value_of
from ..policy import Work
from ..shown_parcels import may_label
from .orders import OrderScreen, order_url

_AWAY = (
    "The carriers do not answer at the moment. Try again in a few minutes, or buy the label "
    "elsewhere and enter its tracking number at the order."
)


class LabelScreen(OrderScreen, TemplateView):
    """Measure a parcel, see what carriers ask for it, buy one label."""

    template_name = "admin/selling/label.html"
    offers: list[LabelOffer] | None = None
    form: LabelForm

    def get_page_title(self) -> str:
        return "Buy a label"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        *above, here = super().get_breadcrumbs_items()
        number = self.part.number
        return [*above, {"url": order_url(number), "label": f"Order {number}"}, here]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_label(self.part):
            return redirect(order_url(self.part.number))
        known = {"key": new_token()[:40], "kilograms": _weight_of(self.part)}
        self.form = LabelForm(initial=known, part=self.part)
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = LabelForm(request.POST, part=self.part)
        if self.form.is_valid():
            offer = self.form.chosen()
            done = self._look() if offer is None else self._buy(offer)
            if done:
                return done
        return self.render_to_response(self.get_context_data(), status=422)

    def _look(self) -> HttpResponse | None:
        def act() -> HttpResponse:
            self.offers = fulfillment.label_offers(
                seller_id=self.seller_id,
                seller_order_id=self.part.id,
                quantities=self.form.quantities,
                **self.form.as_parcel(),
            )
            return self.render_to_response(self.get_context_data())

        return self._told(act)

    def _buy(self, offer: dict[str, Any]) -> HttpResponse | None:
        def act() -> HttpResponse:
            fulfillment.buy_label(
                seller_id=self.seller_id,
                seller_order_id=self.part.id,
                key=self.form.cleaned_data["key"],
                quantities=self.form.quantities,
                within=None if self.may_decide else self.part.shipping,
                **offer,
                **self.form.as_parcel(),
            )
            messages.success(self.request, "The label is bought. Print it and stick it on.")
            return redirect(order_url(self.part.number))

        return self._told(act)

    def _told(self, act: Callable[[], HttpResponse]) -> HttpResponse | None:
        """Do it, or put what stands against it at the field it is about."""
        form = self.form
        try:
            return act()
        except fulfillment.LabelPending as pending:
            messages.warning(self.request, str(pending))
            return redirect(order_url(self.part.number))
        except fulfillment.TooMany as refusal:
            field = form.key_of(refusal.line_id)
            form.add_error(field if field in form.fields else None, str(refusal))
        except fulfillment.InvalidParcel as refusal:
            form.add_error("kilograms" if refusal.field == "weight" else "length", str(refusal))
        except fulfillment.TooDear as refusal:
            form.add_error(
                None,
                f"You may buy labels for what the shopper paid for shipping: {refusal.within}, of"
                f" which {refusal.left} is left. Ask an owner or an editor to buy this one.",
            )
        except CarrierUnavailable:
            form.add_error(None, _AWAY)
        except (
            fulfillment.NothingToShip,
            fulfillment.NotShippable,
            fulfillment.NoOrigin,
            fulfillment.CustomsMissing,
            fulfillment.LabelRefused,
        ) as refusal:
            form.add_error(None, str(refusal))
            # A failed key is spent: the next try is a new label.
            form.data = {**form.data.dict(), "key": new_token()[:40]}  # type: ignore[attr-defined]
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offers = [(value_of(offer), offer) for offer in self.offers or []]
        return {
            **super().get_context_data(**kwargs),
            "part": self.part,
            "form": self.form,
            "offers": offers,
            "customs": self._customs(),
            "may_edit": self.may_decide,
            "has_asked": self.offers is not None,
        }

    def _customs(self) -> list[tuple[str, int]] | None:
        """The open items that customs know too little of; None inside a border."""
        origin = Dispatch.objects.filter(seller_id=self.seller_id).first()
        if origin is None or not parcels.crosses_border(
            origin=origin.origin, destination=self.part.ship_to
        ):
            return None
        lines = [line for line, _ in self.form.open_lines]
        known = parcels.customs_of(variant_ids=[line.variant_id for line in lines])
        return [(line.title, line.variant_id) for line in lines if line.variant_id not in known]


def _weight_of(part: SellerOrderData) -> str:
    """Return what the open items weigh by the catalog, in kilograms."""
    known = catalog.variants(variant_ids=[line.variant_id for line in part.lines])
    grams = sum(
        known[line.variant_id].weight_grams * line.open_quantity
        for line in part.lines
        if line.variant_id in known
    )
    return f"{grams / 1000:g}" if grams else ""


class LabelSheet(OrderScreen, View):
    """The sheet to print. It holds an address: nobody keeps a copy on the way."""

    reveals = "label.viewed"

    def get(self, request: HttpRequest, number: str, label_id: int) -> HttpResponse:
        _own_label(self.part, label_id)
        found = parcels.label_file(seller_id=self.seller_id, label_id=label_id)
        if found is None:
            raise Http404
        name, sheet = found
        is_pdf = name.endswith(".pdf")
        response = HttpResponse(sheet, content_type="application/pdf" if is_pdf else "image/png")
        ending = "pdf" if is_pdf else "png"
        response["Content-Disposition"] = f'inline; filename="label-{number}-{label_id}.{ending}"'
        response["Cache-Control"] = "private, no-store"
        return response


class CustomsSheet(OrderScreen, View):
    """The paper for customs, set from what the label declared. It holds an address too."""

    reveals = "customs-paper.viewed"

    def get(self, request: HttpRequest, number: str, label_id: int) -> HttpResponse:
        _own_label(self.part, label_id)
        try:
            pdf = documents.customs_pdf(seller_id=self.seller_id, label_id=label_id)
        except documents.NotRendered:
            messages.error(request, "The paper could not be set. Tell us the order's number.")
            return redirect(order_url(number))
        if pdf is None:
            raise Http404
        response = HttpResponse(pdf, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="customs-{number}-{label_id}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response


class _LabelAct(OrderScreen, View):
    """One button about a label."""

    work = Work.ANYONE
    http_method_names = ["post"]

    def act(self, label_id: int) -> str:
        raise NotImplementedError

    def post(self, request: HttpRequest, number: str, label_id: int) -> HttpResponse:
        _own_label(self.part, label_id)
        try:
            messages.success(request, self.act(label_id))
        except fulfillment.LabelPending:
            messages.warning(request, "The carrier does not answer. It is asked again by itself.")
        except (
            fulfillment.NotVoidable,
            fulfillment.NotLabeled,
            fulfillment.NotShippable,
            fulfillment.TooMany,
        ) as refusal:
            messages.error(request, str(refusal))
        return redirect(order_url(number))


class LabelVoided(_LabelAct):
    """Give a label back."""

    def act(self, label_id: int) -> str:
        fulfillment.void_label(seller_id=self.seller_id, label_id=label_id)
        return "The label is given back; its price too."


class LabelHandedOver(_LabelAct):
    """The parcel with this label left."""

    def act(self, label_id: int) -> str:
        fulfillment.hand_over(seller_id=self.seller_id, label_id=label_id)
        return "The parcel is on its way. The shopper was told."


def _own_label(part: SellerOrderData, label_id: int) -> None:
    own = parcels.labels_of(seller_order_ids=[part.id])[part.id]
    if label_id not in {label.id for label in own}:
        raise Http404


class ReadyForPickUp(OrderScreen, View):
    """What the shopper fetches is put aside."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        try:
            fulfillment.make_ready(seller_id=self.seller_id, seller_order_id=self.part.id)
        except (
            fulfillment.NotPickedUp,
            fulfillment.NotShippable,
            fulfillment.NothingToShip,
        ) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "It is put aside. The shopper was told.")
        return redirect(order_url(number))
