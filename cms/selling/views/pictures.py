"""A seller's own pictures."""

from typing import Any

from django.urls import reverse
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import ReferenceIndex

from .. import queries
from ..policy import Work
from .base import SellerScreen


class Pictures(SellerScreen, BaseListingView):
    """Own pictures only; Wagtail's list also offers the tags of everybody's."""

    work = Work.CONTENT
    page_title = "Pictures"
    header_icon = "image"
    index_url_name = "selling:pictures"
    index_results_url_name = "selling:pictures_results"
    results_template_name = "admin/selling/pictures.html"
    is_searchable = True
    search_fields = ["title", "description"]
    search_backend_name = None
    default_ordering = "-created_at"
    paginate_by = 40
    verbose_name_plural = "pictures"

    def get_valid_orderings(self) -> list[str]:
        return ["-created_at", "title"]

    def get_base_queryset(self) -> Any:
        pictures: Any = queries.own_pictures(workspace=self.workspace)
        return pictures.prefetch_renditions("max-165x165")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        shown = list(context["object_list"])
        uses = ReferenceIndex.get_count_references_to_in_bulk(shown)
        context["pictures"] = [(picture, uses.get(picture, 0)) for picture in shown]
        return context

    def get_header_buttons(self) -> list[HeaderButton]:
        address = reverse("wagtailimages:add_multiple")
        return [HeaderButton("Add pictures", url=address, icon_name="plus")]
