"""A seller's promotions: off its own items, borne by itself."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.kernel.money import Money
from commerce.pricing import operations as pricing
from commerce.pricing.models import Promotion

from ..policy import Work
from ..promotion_example import example
from ..promotion_forms import PromotionForm, filled
from ..tables import CountColumn, StateColumn
from .base import Listing, SellerScreen


def gives(promotion: Promotion) -> str:
    """Say in a few words what a promotion gives."""
    percent = f"{promotion.percent_bps / 100:g} %"
    match promotion.kind:
        case "percentage":
            return f"{percent} off"
        case "fixed":
            return f"{Money(promotion.amount_minor, promotion.currency)} off"
        case "buy-get":
            what = "free" if promotion.percent_bps == 10_000 else f"{percent} off"
            return f"Buy {promotion.buy}, get {promotion.get} {what}"
        case _:
            return "Free shipping"


def stage(promotion: Promotion) -> str:
    """Say whether it is on; only for show, the database decides at every quote."""
    now = timezone.now()
    if not promotion.is_active or (promotion.ends_at and promotion.ends_at <= now):
        return "ended"
    return "scheduled" if promotion.starts_at > now else "on"


def columns(name: str) -> list[Column]:
    """The columns of a list whose rows lead to the view of that name."""
    return [
        TitleColumn("label", label="Promotion", get_url=lambda row: reverse(name, args=[row.pk])),
        Column("gives", label="Gives", accessor=gives),
        Column("code", label="Code", accessor=lambda row: row.code or "none needed"),
        DateColumn("starts_at", label="From", sort_key="starts_at"),
        DateColumn("ends_at", label="Until", sort_key="ends_at"),
        CountColumn("uses", label="Orders"),
        StateColumn("stage", label="State", accessor=stage),
    ]


class PromotionList(SellerScreen, Listing):
    """Own promotions, newest first."""

    work = Work.MONEY
    page_title = "Promotions"
    header_icon = "tag"
    index_url_name = "selling:promotions"
    paginate_by = 50
    verbose_name_plural = "promotions"
    when_empty = "You have no promotions yet."
    columns = columns("selling:promotion")

    def get_base_queryset(self) -> Any:
        return with_uses(Promotion.objects.filter(seller_id=self.seller_id))

    def get_header_buttons(self) -> list[HeaderButton]:
        url = reverse("selling:promotion_new")
        return [HeaderButton("New promotion", url=url, icon_name="plus")]


def with_uses(promotions: Any) -> Any:
    """Count the orders that hold each, in the list's own statement."""
    living = Count("redemptions", filter=Q(redemptions__released_at=None))
    return promotions.annotate(uses=living).order_by("-pk")


class PromotionEditor(WagtailAdminTemplateMixin, TemplateView):
    """Write a promotion, look at what it would do, save it. Shared with the back office."""

    header_icon = "tag"
    template_name = "admin/selling/promotion.html"
    list_name: str
    end_name: str
    form_class = PromotionForm
    form: PromotionForm
    shown: dict[str, Any] | None = None
    kwargs: dict[str, Any]

    @property
    def owner_id(self) -> int | None:
        raise NotImplementedError

    @cached_property
    def promotion(self) -> Promotion | None:
        number = self.kwargs.get("promotion_id")
        if number is None:
            return None
        found = Promotion.objects.filter(pk=number).first()
        if found is None or found.seller_id != self.owner_id:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return self.promotion.label if self.promotion else "New promotion"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = filled(promotion=self.promotion) if self.promotion else {}
        self.form = self.form_class(initial=initial, seller_id=self.owner_id)
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = self.promotion
        self.form = self.form_class(request.POST, seller_id=self.owner_id)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        wanted = self.form.as_promotion()
        try:
            if "preview" in request.POST:
                pricing.check_promotion(promotion=wanted)
                self.shown = example(promotion=wanted)
                return self.render_to_response(self.get_context_data())
            pricing.save_promotion(promotion=wanted, promotion_id=known.pk if known else None)
        except pricing.InvalidPromotion as invalid:
            self.form.blame(invalid.errors)
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, "Saved. Orders keep what was agreed when they were placed.")
        return redirect(self.list_name)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = self.promotion
        return {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "promotion": known,
            "is_on": known is not None and stage(known) != "ended",
            "example": self.shown,
            "end_url": reverse(self.end_name, args=[known.pk]) if known else "",
        }


class EditPromotion(SellerScreen, PromotionEditor):
    """One of one's own promotions, new or known."""

    work = Work.MONEY
    parent = ("selling:promotions", "Promotions")
    list_name = "selling:promotions"
    end_name = "selling:promotion_end"

    @property
    def owner_id(self) -> int | None:
        return self.seller_id

    def get_page_title(self) -> str:
        return PromotionEditor.get_page_title(self)


class EndPromotion(SellerScreen, View):
    """Switch one's promotion off at once."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        try:
            pricing.end_promotion(promotion_id=promotion_id, seller_id=self.seller_id)
        except pricing.NoSuchPromotion:
            raise Http404 from None
        messages.success(request, "It has ended. Orders that hold it keep it.")
        return redirect("selling:promotions")
