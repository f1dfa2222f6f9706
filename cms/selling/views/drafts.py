"""Orders that are prepared for shoppers and paid by a link."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.drafts import operations, queries
from commerce.orders import queries as orders

from ..draft_forms import DraftForm
from ..policy import Work
from .base import SellerScreen


class DraftListing:
    """What was prepared, newest first; the same for sellers and staff."""

    page_title = "Prepared orders"
    header_icon = "link"
    template_name: str | None = "admin/selling/drafts.html"
    own: str
    """The namespace of the screens."""
    owner: int | None
    request: HttpRequest

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mail, withdraw = request.POST.get("mail", ""), request.POST.get("withdraw", "")
        draft = mail or withdraw
        if not (draft.isascii() and draft.isdigit() and len(draft) < 19):
            raise Http404
        try:
            if mail:
                self._mail(int(mail))
            else:
                operations.withdraw(draft_id=int(withdraw), seller_id=self.owner)
                messages.success(request, "The link leads nowhere any more.")
        except operations.NotFound:
            raise Http404 from None
        except operations.DraftRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(f"{self.own}:drafts")

    def _mail(self, draft_id: int) -> None:
        if operations.mail_again(draft_id=draft_id, seller_id=self.owner):
            messages.success(self.request, "The link was mailed again.")
        else:
            messages.info(self.request, "It was mailed today already. Please try again tomorrow.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]
            "drafts": queries.drafts_of(seller_id=self.owner),
            "base_currency": settings.BASE_CURRENCY,
            "new_url": reverse(f"{self.own}:draft_new"),
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        address = reverse(f"{self.own}:draft_new")
        return [HeaderButton("Prepare an order", url=address, icon_name="plus")]


class DraftMaking:
    """The form; the same for sellers and staff."""

    page_title = "Prepare an order"
    header_icon = "link"
    template_name: str | None = "admin/selling/draft_new.html"
    own: str
    owner: int | None
    form: DraftForm | None = None
    request: HttpRequest

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = DraftForm(request.POST)
        if self.form.is_valid() and self._prepare(self.form):
            messages.success(request, "Prepared. The link to pay was mailed.")
            return redirect(f"{self.own}:drafts")
        return self.render_to_response(self.get_context_data(), status=422)  # type: ignore[attr-defined]

    def _prepare(self, form: DraftForm) -> bool:
        try:
            operations.prepare(
                made_by=int(self.request.user.pk or 0),
                seller_id=self.owner,
                wanted=form.wanted(),
                adds_to=self.request.GET.get("order", "")[:28],
            )
        except operations.InvalidAddress as invalid:
            for field, message in invalid.errors.items():
                form.add_error(field if field in form.fields else None, message)
        except operations.DraftRefused as refusal:
            form.add_error(None, str(refusal))
        return not form.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]
            "form": self.form or DraftForm(initial=self._known()),
        }

    def _known(self) -> dict[str, Any]:
        number = self.request.GET.get("order", "")[:28]
        if not number or self.owner is None:
            return {}
        part = orders.seller_order(seller_id=self.owner, number=number)
        return DraftForm.known(part) if part else {}


class DraftList(DraftListing, SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    work = Work.CONTENT
    reveals = "drafts.listed"
    own = "selling"

    @property
    def owner(self) -> int | None:  # type: ignore[override]
        return self.seller_id


class NewDraft(DraftMaking, SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    work = Work.CONTENT
    reveals = "draft.begun"  # with the address of an order that is repeated
    own = "selling"
    parent = ("selling:drafts", "Prepared orders")

    @property
    def owner(self) -> int | None:  # type: ignore[override]
        return self.seller_id
