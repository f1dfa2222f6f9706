"""The home page, and pages that a merchandiser or editor builds freely."""

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from cms.blocks import streams
from cms.blocks.fields import ContentField

from .presented import Presented


class HomePage(Presented, Page):
    body = ContentField(streams.LANDING, blank=True)

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "pages.CategoryIndexPage",
        "pages.SellerIndexPage",
        "pages.LandingPage",
        "pages.ContentPage",
    ]
    content_panels = [*Page.content_panels, FieldPanel("body")]
    template = "pages/home.html"

    class Meta:
        verbose_name = "home page"


class LandingPage(Presented, Page):
    """A campaign or a story, put together from blocks."""

    body = ContentField(streams.LANDING, blank=True)

    parent_page_types = ["pages.HomePage", "pages.LandingPage"]
    subpage_types = ["pages.LandingPage", "pages.ContentPage"]
    content_panels = [*Page.content_panels, FieldPanel("body")]
    template = "pages/landing.html"

    class Meta:
        verbose_name = "landing page"


class ContentPage(Presented, Page):
    """Words to read: about us, delivery, returns, terms."""

    intro = models.TextField(blank=True, max_length=400)
    body = ContentField(streams.CONTENT, blank=True)

    parent_page_types = ["pages.HomePage", "pages.LandingPage", "pages.ContentPage"]
    subpage_types = ["pages.ContentPage"]
    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    template = "pages/content.html"

    class Meta:
        verbose_name = "content page"
