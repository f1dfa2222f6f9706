"""Where products are found: a tree of three levels, arranged by merchandisers."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Page

from cms.blocks import streams
from cms.blocks.fields import ContentField

from .presented import Presented

LEVELS = 3


class CategoryIndexPage(Presented, Page):
    """The top of the category tree: everything on sale."""

    intro = models.TextField(blank=True, max_length=400)
    image = models.ForeignKey(
        "media.ShopImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.CategoryPage"]
    content_panels = [*Page.content_panels, FieldPanel("intro"), FieldPanel("image")]
    template = "pages/category.html"

    class Meta:
        verbose_name = "category index"


class CategoryPage(Presented, Page):
    """A shelf. Products name the shelves they stand on; the shelf does not own them."""

    intro = models.TextField(blank=True, max_length=400)
    image = models.ForeignKey(
        "media.ShopImage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown on tiles and menus that lead here.",
    )
    hero = models.ForeignKey(
        "media.ShopImage",
        verbose_name="wide picture",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Shown beside the introduction.",
    )
    body = ContentField(streams.CATEGORY, blank=True, help_text="Shown below the products.")

    parent_page_types = ["pages.CategoryIndexPage", "pages.CategoryPage"]
    subpage_types = ["pages.CategoryPage"]
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("intro"), FieldPanel("hero"), FieldPanel("image")], "Introduction"
        ),
        FieldPanel("body"),
    ]
    template = "pages/category.html"

    class Meta:
        verbose_name = "category"
        verbose_name_plural = "categories"

    @property
    def key(self) -> UUID:
        """What listings name this category by: the same in every language."""
        return self.translation_key

    @classmethod
    def can_create_at(cls, parent: Page) -> bool:
        return super().can_create_at(parent) and cls._has_room_below(parent)

    def can_move_to(self, parent: Page) -> bool:
        return super().can_move_to(parent) and self._has_room_below(parent)

    @staticmethod
    def _has_room_below(parent: Page) -> bool:
        index_depth = 3  # root, home, index
        return parent.depth - index_depth < LEVELS

    def clean(self) -> None:
        super().clean()
        if len(self.title) > 60:
            raise ValidationError({"title": "A category's name has at most 60 characters."})
