"""Blocks that lead on: category tiles and sellers."""

from typing import Any

from wagtail import blocks

from . import samples
from .references import ImageBlock, PageBlock


class CategoryTileBlock(blocks.StructBlock):
    category = PageBlock(page_type="pages.CategoryPage")
    label = blocks.CharBlock(required=False, max_length=40, help_text="Empty: the category's name.")
    image = ImageBlock(required=False, help_text="Empty: the category's own picture.")

    class Meta:
        icon = "folder-open-inverse"


class CategoryTilesBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=80)
    tiles = blocks.ListBlock(CategoryTileBlock(), min_num=2, max_num=8)

    class Meta:
        icon = "grip"
        group = "Navigation"
        template = "blocks/category_tiles.html"
        preview_template = "blocks/preview.html"
        description = "Pictures that lead to categories."

    def get_preview_value(self) -> Any:
        categories = samples.pages("categorypage", most=4)
        tiles = [{"category": page, "label": "", "image": None} for page in categories]
        return self.normalize({"title": "Find your way", "tiles": tiles})


class SellerSpotlightBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=80)
    sellers = blocks.ListBlock(PageBlock(page_type="pages.SellerPage"), min_num=1, max_num=6)

    class Meta:
        icon = "group"
        group = "Navigation"
        template = "blocks/seller_spotlight.html"
        preview_template = "blocks/preview.html"
        description = "One seller with a picture and words, or several side by side."

    def get_preview_value(self) -> Any:
        sellers = samples.pages("sellerpage", most=3)
        return self.normalize({"title": "Meet the makers", "sellers": sellers})
