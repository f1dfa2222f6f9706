"""The page that presents a product: its words and pictures, drafted and moderated."""

from django.db import models
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page

from cms.blocks import streams
from cms.blocks.fields import ContentField

DESCRIPTION_FEATURES = ["bold", "italic", "ol", "ul", "link"]
MAX_IMAGES = 10


class ProductPage(Page):
    """Presents one product of the seller whose page it stands under.

    A draft may lack its product; a live page may not. Price, stock and SKUs
    are commerce's: restoring an old draft never brings an old price back.
    """

    product = models.ForeignKey(
        "catalog.Product", null=True, on_delete=models.PROTECT, related_name="+"
    )
    summary = models.CharField(
        blank=True, max_length=300, help_text="One or two sentences below the title."
    )
    description = RichTextField(blank=True, features=DESCRIPTION_FEATURES)
    categories = ParentalManyToManyField("pages.CategoryPage", blank=True, related_name="+")
    body = ContentField(streams.PRODUCT, blank=True)

    parent_page_types = ["pages.SellerPage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["product"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("product", read_only=True),
        FieldPanel("summary"),
        FieldPanel("description"),
        InlinePanel("gallery", heading="Pictures", label="picture", max_num=MAX_IMAGES),
        FieldPanel("categories"),
        MultiFieldPanel([FieldPanel("body")], "More to tell", classname="collapsed"),
    ]
    template = "pages/product.html"

    class Meta:
        verbose_name = "product page"


class ProductImage(Orderable):
    page = ParentalKey(ProductPage, on_delete=models.CASCADE, related_name="gallery")
    image = models.ForeignKey("media.ShopImage", on_delete=models.PROTECT, related_name="+")
    alt = models.CharField("description for those who cannot see it", blank=True, max_length=200)
    option_value = models.CharField(
        blank=True,
        max_length=60,
        help_text="The option this picture shows, such as Black; shown when it is chosen.",
    )

    panels = [FieldPanel("image"), FieldPanel("alt"), FieldPanel("option_value")]
