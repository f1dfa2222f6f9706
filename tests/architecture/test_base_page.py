"""Guards the decision to keep Wagtail's own base page."""

from django.apps import apps
from wagtail.models import Page, get_page_models


def test_the_base_page_is_wagtails_own():
    assert Page._meta.label == "wagtailcore.Page"
    assert Page._meta.swapped is None


def test_every_page_type_stands_directly_on_it():
    ours = [model for model in get_page_models() if model._meta.app_label == "pages"]

    assert ours
    assert {tuple(model._meta.parents) for model in ours} == {(Page,)}
    assert apps.get_model("wagtailcore", "Page") is Page
