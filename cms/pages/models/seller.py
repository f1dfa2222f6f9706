"""A seller's own place in the marketplace; its products live below it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from cms.blocks import streams
from cms.blocks.fields import ContentField
from cms.blocks.text import SHORT

from .. import completeness
from ..forms import DraftCopyForm, SellersPageForm
from ..permissions import SellersGroundTester
from .presented import Presented


class SellerIndexPage(Presented, Page):
    intro = models.TextField(blank=True, max_length=400)

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.SellerPage"]
    content_panels = [*Page.content_panels, FieldPanel("intro")]
    template = "pages/seller_index.html"

    class Meta:
        verbose_name = "seller index"


class SellerPage(Presented, Page):
    """Presents a seller. The seller itself, its state and its money belong to commerce."""

    seller = models.ForeignKey(
        "sellers.Seller", null=True, on_delete=models.PROTECT, related_name="+"
    )
    tagline = models.CharField(blank=True, max_length=120)
    location = models.CharField(blank=True, max_length=80, help_text="Such as Porto, Portugal.")
    about = RichTextField(blank=True, features=[*SHORT, "ul", "ol"])
    logo = models.ForeignKey(
        "media.ShopImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cover = models.ForeignKey(
        "media.ShopImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    body = ContentField(streams.SELLER, blank=True)

    parent_page_types = ["pages.SellerIndexPage"]
    subpage_types = ["pages.ProductPage"]
    exclude_fields_in_copy = ["seller"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("seller", read_only=True),
        MultiFieldPanel([FieldPanel("tagline"), FieldPanel("location")], "In short"),
        MultiFieldPanel([FieldPanel("logo"), FieldPanel("cover")], "Pictures"),
        FieldPanel("about"),
        FieldPanel("body"),
    ]
    promote_panels = [
        MultiFieldPanel(
            [
                FieldPanel("slug", read_only=True, help_text="Follows the seller's name."),
                FieldPanel("seo_title"),
                FieldPanel("search_description"),
            ],
            "For search engines",
        )
    ]
    template = "pages/seller.html"
    base_form_class = SellersPageForm
    copy_form_class = DraftCopyForm

    class Meta:
        verbose_name = "seller page"

    def save(self, clean: bool = True, **kwargs: Any) -> None:
        """Save. A page that is live is refused while its seller is suspended."""
        if clean and self.live and (message := completeness.away(seller_id=self.seller_id)):
            raise ValidationError({"seller": message})
        super().save(clean=clean, **kwargs)

    def permissions_for_user(self, user: Any) -> SellersGroundTester:
        return SellersGroundTester(user, self)
