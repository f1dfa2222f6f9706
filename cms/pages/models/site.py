"""What the whole shop says of itself, and its menus."""

from django.db import models
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from cms.blocks.fields import ContentField
from cms.blocks.links import FooterColumnBlock, MenuItemBlock


class SocialLinkBlock(blocks.StructBlock):
    label = blocks.CharBlock(max_length=40)
    address = blocks.URLBlock(max_length=300)

    class Meta:
        icon = "link-external"


@register_setting(icon="cog", order=100)
class ShopSettings(BaseSiteSetting):
    name = models.CharField(max_length=60, default="Stoa")
    tagline = models.CharField(max_length=120, blank=True)
    announcement = models.CharField(
        max_length=160, blank=True, help_text="Shown above the header of every page."
    )
    announcement_link = models.CharField(max_length=200, blank=True)
    support_email = models.EmailField(blank=True)
    social = ContentField([("link", SocialLinkBlock())], blank=True)

    panels = [
        MultiFieldPanel([FieldPanel("name"), FieldPanel("tagline")], "Shop"),
        MultiFieldPanel(
            [FieldPanel("announcement"), FieldPanel("announcement_link")], "Announcement"
        ),
        FieldPanel("support_email"),
        FieldPanel("social"),
    ]

    class Meta:
        verbose_name = "shop settings"


@register_setting(icon="list-ul", order=110)
class Navigation(BaseSiteSetting):
    """The header's menu and the footer's columns."""

    header = ContentField([("item", MenuItemBlock())], blank=True)
    footer = ContentField([("column", FooterColumnBlock())], blank=True, max_num=4)

    panels = [FieldPanel("header"), FieldPanel("footer")]

    class Meta:
        verbose_name = "menus"
