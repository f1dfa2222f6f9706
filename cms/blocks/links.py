"""Where a button or a menu entry leads: a page of ours, or an address."""

from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError

from .references import PageBlock


class LinkValue(blocks.StructValue):
    @property
    def url(self) -> str:
        """Return where it leads; empty when its page is gone or not public."""
        page = self.get("page")
        if page is not None:
            return page.url or "" if page.live else ""
        return self.get("address") or ""


class LinkBlock(blocks.StructBlock):
    label = blocks.CharBlock(max_length=40)
    page = PageBlock(required=False)
    address = blocks.CharBlock(
        required=False,
        max_length=300,
        help_text="Used when no page is chosen, such as /sell/ or https://example.org.",
    )

    class Meta:
        icon = "link"
        value_class = LinkValue
        form_classname = "struct-block link-block"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        address = cleaned.get("address") or ""
        if cleaned.get("page") and address:
            raise StructBlockValidationError(
                block_errors={"address": ValidationError("Choose a page or give an address.")}
            )
        if address and not address.startswith(("/", "https://", "mailto:")):
            raise StructBlockValidationError(
                block_errors={
                    "address": ValidationError("Start the address with / or https:// or mailto:.")
                }
            )
        return cleaned


class OptionalLinkBlock(LinkBlock):
    label = blocks.CharBlock(max_length=40, required=False)


class MenuItemBlock(LinkBlock):
    """An entry of the header menu, with its own entries below it."""

    children = blocks.ListBlock(LinkBlock(), required=False, default=[], label="entries below it")

    class Meta:
        icon = "list-ul"
        label = "Menu entry"


class FooterColumnBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=40)
    links = blocks.ListBlock(LinkBlock())

    class Meta:
        icon = "list-ul"
        label = "Column"
