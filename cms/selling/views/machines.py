"""Keys for the seller's own systems, and addresses at which these are told of stock."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.hooks import operations as hooks
from commerce.hooks import queries as machines
from commerce.hooks.types import EndpointData

from ..policy import Work
from .base import SellerScreen


class KeyForm(forms.Form):
    name = forms.CharField(
        label="Name of the key", max_length=60, help_text="Such as Warehouse program."
    )


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="Address", max_length=500, help_text="Such as https://example.com/stoa/stock."
    )


class Machines(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Keys and addresses. A new key or secret is on this answer and nowhere after."""

    work = Work.MONEY
    page_title = "Connections"
    header_icon = "link"
    parent = ("selling:stock", "Stock and prices")
    template_name = "admin/selling/machines.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.key_form, self.endpoint_form = KeyForm(), EndpointForm()
        self.shown: dict[str, str] = {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        steps = {"key": self._make_key, "endpoint": self._add_endpoint}
        step = steps.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        status = 200 if step() else 422
        return self.render_to_response(self.get_context_data(), status=status)

    def _make_key(self) -> bool:
        self.key_form = KeyForm(self.request.POST)
        if not self.key_form.is_valid():
            return False
        try:
            self.shown["key"] = hooks.create_key(
                seller_id=self.seller_id, name=self.key_form.cleaned_data["name"]
            )
        except hooks.TooMany:
            self.key_form.add_error("name", "You have as many keys as one may have. Revoke one.")
            return False
        self.key_form = KeyForm()
        return True

    def _add_endpoint(self) -> bool:
        self.endpoint_form = form = EndpointForm(self.request.POST)
        if not form.is_valid():
            return False
        try:
            _, self.shown["secret"] = hooks.add_endpoint(
                seller_id=self.seller_id, url=form.cleaned_data["url"]
            )
        except hooks.AddressRefused as refusal:
            form.add_error("url", str(refusal))
        except hooks.AddressTaken:
            form.add_error("url", "You have this address already.")
        except hooks.TooMany:
            form.add_error("url", "You have as many addresses as one may have. Remove one.")
        else:
            self.endpoint_form = EndpointForm()
            return True
        return False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "keys": machines.keys_of(seller_id=self.seller_id),
            "endpoints": machines.endpoints_of(seller_id=self.seller_id),
            "key_form": self.key_form,
            "endpoint_form": self.endpoint_form,
            "shown": self.shown,
        }


class RevokeKey(SellerScreen, View):
    """End a key at once."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, key_id: int) -> HttpResponse:
        if not hooks.revoke_key(seller_id=self.seller_id, key_id=key_id):
            raise Http404
        messages.success(request, "The key opens nothing any more.")
        return redirect("selling:machines")


class EndpointScreen(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """What was sent to an address, what it answered, and the way to have it sent again."""

    work = Work.MONEY
    header_icon = "link"
    parent = ("selling:machines", "Connections")
    template_name = "admin/selling/endpoint.html"

    @cached_property
    def endpoint(self) -> EndpointData:
        own = machines.endpoints_of(seller_id=self.seller_id)
        found = next((each for each in own if each.id == self.kwargs["endpoint_id"]), None)
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return self.endpoint.url[:60]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        own = {"seller_id": self.seller_id, "endpoint_id": self.endpoint.id}
        match request.POST.get("do"):
            case "remove":
                hooks.remove_endpoint(**own)
                messages.success(request, "The address is called no more.")
                return redirect("selling:machines")
            case "enable":
                hooks.enable_endpoint(**own)
                messages.success(request, "The address is called again.")
            case _:
                raise Http404
        return redirect(reverse("selling:endpoint", args=[self.endpoint.id]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "endpoint": self.endpoint,
            "deliveries": machines.deliveries_of(
                seller_id=self.seller_id, endpoint_id=self.endpoint.id
            ),
        }


class SendAgain(SellerScreen, View):
    """Owe a notice anew."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, endpoint_id: int, delivery_id: int) -> HttpResponse:
        if not hooks.send_again(seller_id=self.seller_id, delivery_id=delivery_id):
            raise Http404
        messages.success(request, "It is sent again within seconds.")
        return redirect(reverse("selling:endpoint", args=[endpoint_id]))
