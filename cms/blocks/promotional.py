"""Blocks that sell: hero, banner, call to action."""

from typing import Any

from wagtail import blocks

from cms.media.pictures import Picture, picture

from . import samples
from .links import LinkBlock, OptionalLinkBlock
from .references import ImageBlock


class PictureValue(blocks.StructValue):
    """Words with a picture, ready for components."""

    use = "half"

    @property
    def picture(self) -> Picture:
        return picture(self.get("image"), use=self.use)


class HeroValue(PictureValue):
    use = "hero"

    @property
    def links(self) -> list[Any]:
        """Return the buttons that lead somewhere."""
        return [link for link in self["actions"] if link.url]


class HeroBlock(blocks.StructBlock):
    layout = blocks.ChoiceBlock(
        choices=[("split", "Picture beside the words"), ("cover", "Words on the picture")],
        default="split",
    )
    eyebrow = blocks.CharBlock(required=False, max_length=40)
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(required=False, max_length=240)
    image = ImageBlock()
    actions = blocks.ListBlock(LinkBlock(), max_num=2, default=[])

    class Meta:
        icon = "image"
        group = "Promotion"
        value_class = HeroValue
        template = "blocks/hero.html"
        preview_template = "blocks/preview.html"
        description = "The opening of a page: one picture, one promise, up to two buttons."
        preview_value = {
            "layout": "split",
            "eyebrow": "New this week",
            "title": "Made to be used every day",
            "text": "Small workshops, honest materials, sent from where they are made.",
            "actions": [{"label": "See what is new", "address": "/shop/"}],
        }

    def get_preview_value(self) -> Any:
        return samples.with_picture(super().get_preview_value())


class BannerBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(required=False, max_length=240)
    tone = blocks.ChoiceBlock(
        choices=[("", "Accent"), ("stone", "Quiet"), ("ink", "Dark")], required=False
    )
    image = ImageBlock(required=False)
    link = OptionalLinkBlock(required=False)

    class Meta:
        icon = "bars"
        group = "Promotion"
        value_class = PictureValue
        template = "blocks/banner.html"
        preview_template = "blocks/preview.html"
        description = "A band across the page with one message, with or without a picture."
        preview_value = {
            "title": "Free delivery over $60",
            "text": "From each seller, to every address in the country.",
            "link": {"label": "How delivery works", "address": "/"},
        }

    def get_preview_value(self) -> Any:
        return samples.with_picture(super().get_preview_value())


class CallToActionBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(required=False, max_length=240)
    link = LinkBlock()

    class Meta:
        icon = "pick"
        group = "Promotion"
        template = "blocks/call_to_action.html"
        preview_template = "blocks/preview.html"
        description = "One invitation and one button."
        preview_value = {
            "title": "Do you make something good?",
            "text": "Open your shop among ours.",
            "link": {"label": "Sell with us", "address": "/sell/"},
        }
