"""Tables of orders that a worker writes: those one asked for, and their files."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from .. import order_exports
from ..models import OrderExport
from ..policy import Work
from .base import SellerScreen

SHOWN = 20


def offer_table(
    request: HttpRequest, *, screen: type[View], kind: str, lines: int
) -> HttpResponseBase:
    """Answer what cannot be waited for with a button that has it made; looking makes nothing."""
    wanted = {"lines": lines, "kind": kind, "address": request.get_full_path()}
    return screen.as_view(extra_context={"wanted": wanted})(request)


def ask_for_table(
    request: HttpRequest, *, seller_id: int | None, kind: str, part_ids: Sequence[int], lines: int
) -> HttpResponse:
    """Have a table written that is too long to be waited for, and show where it will be."""
    place = "backoffice" if seller_id is None else "selling"
    try:
        order_exports.ask(
            seller_id=seller_id,
            user_id=_person(request),
            kind=kind,
            part_ids=part_ids,
            lines=lines,
        )
    except (order_exports.TooManyExports, order_exports.TooLongForWorkbook) as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse(f'{place}:orders')}?{request.GET.urlencode()}")
    messages.success(request, f"A file of {lines:,} lines is being made. You get a mail.")
    return redirect(f"{place}:exports")


def buttons_to_own(request: HttpRequest, *, seller_id: int | None) -> list[HeaderButton]:
    """Return the way to the person's own exports, while there are any."""
    if not order_exports.exports_of(seller_id=seller_id, user_id=_person(request)).exists():
        return []
    place = "backoffice" if seller_id is None else "selling"
    return [HeaderButton("Your exports", url=reverse(f"{place}:exports"), icon_name="download")]


def shown_exports(request: HttpRequest, *, seller_id: int | None) -> dict[str, Any]:
    """Return what the screen of a person's exports shows."""
    found = order_exports.exports_of(seller_id=seller_id, user_id=_person(request))
    place = "backoffice" if seller_id is None else "selling"
    return {
        "exports": list(found[:SHOWN]),
        "file_view": f"{place}:export_file",
        "back": reverse(f"{place}:orders"),
    }


def export_answer(request: HttpRequest, *, seller_id: int | None, export_id: int) -> FileResponse:
    """Answer with a person's own file. Raises Http404 for another's, and without a file."""
    found = order_exports.exports_of(seller_id=seller_id, user_id=_person(request))
    export = found.filter(pk=export_id, state=OrderExport.State.READY).first()
    if export is None:
        raise Http404
    try:
        file = export.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, as_attachment=True, filename=str(export))


def _person(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


class Exports(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """What the person asked for, with the files that are ready."""

    work = Work.ANYONE
    page_title = "Your exports"
    header_icon = "download"
    parent = ("selling:orders", "Orders")
    template_name = "admin/selling/exports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **shown_exports(self.request, seller_id=self.seller_id),
        }


class ExportFile(SellerScreen, View):
    """A file that is ready, for who asked for it."""

    work = Work.ANYONE
    reveals = "orders.export-fetched"

    def get(self, request: HttpRequest, export_id: int) -> FileResponse:
        return export_answer(request, seller_id=self.seller_id, export_id=export_id)
