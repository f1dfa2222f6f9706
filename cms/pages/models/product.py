"""The page that presents a product: its words and pictures, drafted and moderated."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page

from cms.blocks import streams
from cms.blocks.fields import ContentField

from .. import completeness
from ..forms import DraftCopyForm, ProductPageForm
from ..permissions import SellersGroundTester
from ..proposed import ProposedPanel
from .presented import Presented

DESCRIPTION_FEATURES = ["bold", "italic", "ol", "ul", "link"]


class ProductPage(Presented, Page):
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
    proposed = models.JSONField(
        "brand, options and facts",
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        editable=False,
        help_text="Words of the product that wait for approval along with this version.",
    )

    parent_page_types = ["pages.SellerPage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["product", "proposed"]
    content_panels = [
        *Page.content_panels,
        FieldPanel("product", read_only=True),
        FieldPanel("summary"),
        FieldPanel("description"),
        InlinePanel(
            "gallery", heading="Pictures", label="picture", max_num=completeness.MAX_IMAGES
        ),
        FieldPanel("categories"),
        MultiFieldPanel([FieldPanel("body")], "More to tell", classname="collapsed"),
        ProposedPanel(),
    ]
    template = "pages/product.html"
    base_form_class = ProductPageForm
    copy_form_class = DraftCopyForm

    class Meta:
        verbose_name = "product page"

    def permissions_for_user(self, user: Any) -> SellersGroundTester:
        return SellersGroundTester(user, self)

    def clean(self) -> None:
        super().clean()
        problems = completeness.problems_of_words(title=self.title, description=self.description)
        if problems:
            raise ValidationError(problems)

    def save(self, clean: bool = True, **kwargs: Any) -> None:
        """Save. A page that is live is refused while it is incomplete."""
        if clean and self.live and self.alias_of_id is None:
            self.check_complete()
        super().save(clean=clean, **kwargs)

    def check_complete(self) -> None:
        """Raise ValidationError that says everything the page lacks."""
        problems = completeness.lacking(
            description=self.description,
            pictures=[{"alt": entry.alt} for entry in self.gallery.all()],
            has_category=self.categories.exists(),
        )
        if message := completeness.unsellable(product_id=self.product_id):
            problems["product"] = message
        elif self.another_page_is_live():
            problems["product"] = "Another page presents this product already."
        if problems:
            raise ValidationError(
                {
                    field if field != "gallery" else "__all__": problem
                    for field, problem in problems.items()
                }
            )

    def another_page_is_live(self) -> bool:
        """Return whether the product has a live page in this language already."""
        others = ProductPage.objects.filter(
            product_id=self.product_id, locale_id=self.locale_id, live=True, alias_of=None
        )
        return others.exclude(pk=self.pk).exists()


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
