"""Product rails: chosen by a rule, or by hand."""

from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from .references import PageBlock

RULES = [
    ("newest", "Newest"),
    ("cheapest", "Lowest price"),
    ("popular", "Most bought"),
    ("featured", "Paid for by sellers (says so)"),
    ("hand", "Chosen by hand"),
]


class ProductRailBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    rule = blocks.ChoiceBlock(choices=RULES, default="newest")
    category = PageBlock(
        page_type="pages.CategoryPage", required=False, help_text="Only from this category."
    )
    seller = PageBlock(
        page_type="pages.SellerPage", required=False, help_text="Only of this seller."
    )
    products = blocks.ListBlock(
        PageBlock(page_type="pages.ProductPage"),
        default=[],
        max_num=12,
        help_text="Shown in this order when chosen by hand.",
    )
    count = blocks.IntegerBlock(default=8, min_value=3, max_value=12)

    class Meta:
        icon = "list-ul"
        group = "Products"
        preview_template = "blocks/preview.html"
        description = "A row of products, kept up to date by a rule or chosen by hand."
        preview_value = {"title": "Just arrived", "rule": "newest", "count": 4}

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned.get("rule") == "hand" and not cleaned.get("products"):
            raise StructBlockValidationError(
                block_errors={"products": ValidationError("Choose at least one product.")}
            )
        return cleaned
