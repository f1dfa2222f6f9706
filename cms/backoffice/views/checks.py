"""What must always hold, counted now."""

from typing import Any

from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.invariants import queries as invariants

from .base import StaffScreen


class Invariants(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Every rule with its number of violations; zero everywhere, or somebody must look."""

    right = "check_invariants"
    page_title = "Invariants"
    header_icon = "circle-check"
    template_name = "admin/backoffice/invariants.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        results = invariants.check_all()
        return {
            **super().get_context_data(**kwargs),
            "results": results,
            "broken": sum(1 for result in results if result.violations),
        }
