"""Blocks of words."""

from typing import Any

from wagtail import blocks

from . import samples
from .links import OptionalLinkBlock
from .promotional import PictureValue
from .references import ImageBlock

PROSE = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link", "hr"]
SHORT = ["bold", "italic", "link"]


class ProseBlock(blocks.RichTextBlock):
    class Meta:
        icon = "pilcrow"
        group = "Words"
        label = "Rich text"
        template = "blocks/prose.html"
        preview_template = "blocks/preview.html"
        description = "Headings, paragraphs, lists and links."
        preview_value = (
            "<h2>How it is made</h2><p>Each piece is turned by hand, dried for a week "
            "and fired twice.</p>"
        )

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("features", PROSE)
        super().__init__(**kwargs)


class MediaTextBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=80)
    text = blocks.RichTextBlock(features=["bold", "italic", "ol", "ul", "link"])
    image = ImageBlock()
    side = blocks.ChoiceBlock(
        choices=[("", "Picture first"), ("reverse", "Words first")], required=False
    )
    link = OptionalLinkBlock(required=False)

    class Meta:
        icon = "doc-full"
        group = "Words"
        label = "Media and text"
        value_class = PictureValue
        template = "blocks/media_text.html"
        preview_template = "blocks/preview.html"
        description = "A picture with words beside it."
        preview_value = {
            "title": "From one valley",
            "text": "<p>Wool, dye and looms within a day's walk of each other.</p>",
        }

    def get_preview_value(self) -> Any:
        return samples.with_picture(super().get_preview_value())


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(max_length=160)
    answer = blocks.RichTextBlock(features=["bold", "italic", "ol", "ul", "link"])

    class Meta:
        icon = "help"


class FaqBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=80)
    questions = blocks.ListBlock(QuestionBlock(), min_num=1)

    class Meta:
        icon = "help"
        group = "Words"
        label = "Questions and answers"
        template = "blocks/faq.html"
        preview_template = "blocks/preview.html"
        description = "Questions that open to their answers."
        preview_value = {
            "title": "Before you order",
            "questions": [
                {
                    "question": "Who sends my parcel?",
                    "answer": "<p>Each seller sends their own, and you can follow all of them.</p>",
                }
            ],
        }
