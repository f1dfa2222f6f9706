"""Orders that staff prepare for shoppers, from any seller."""

from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.views.drafts import DraftListing, DraftMaking

from .base import StaffScreen


class DraftList(DraftListing, StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    right = "prepare_orders"
    reveals = "drafts.listed"
    own = "backoffice"
    owner = None


class NewDraft(DraftMaking, StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    right = "prepare_orders"
    own = "backoffice"
    owner = None
    parent = ("backoffice:drafts", "Prepared orders")
