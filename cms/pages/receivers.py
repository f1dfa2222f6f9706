"""Edited content is forgotten by every process that remembered it.

Product pages are left out: there are many, they change often, and nothing of
them is remembered under another page's name.
"""

from typing import Any

from django.apps import apps
from django.db.models.signals import post_delete, post_save
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import page_unpublished, post_page_move

from cms.media.models import ShopImage
from cms.media.signals import renditions_ready

from . import models
from .memory import forget

SETTINGS = (models.ShopSettings, models.Navigation, Site, PageViewRestriction)


def connect() -> None:
    pages = [
        model
        for model in apps.get_models()
        if issubclass(model, Page) and model is not models.ProductPage
    ]
    for model in (*pages, *SETTINGS):
        post_save.connect(forget, sender=model, dispatch_uid=f"forget {model._meta.label}")
        post_delete.connect(forget, sender=model, dispatch_uid=f"forget {model._meta.label}")
    post_page_move.connect(forget, dispatch_uid="forget moved")
    page_unpublished.connect(_unpublished, dispatch_uid="forget unpublished")
    renditions_ready.connect(forget, sender=ShopImage, dispatch_uid="forget pictures")


def _unpublished(sender: Any, **_: Any) -> None:
    if sender is not models.ProductPage:
        forget()
