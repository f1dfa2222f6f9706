"""The tree of shelves."""

from typing import Any

from wagtail.models import Page

from cms.pages.models import CategoryIndexPage, CategoryPage

from .pictures import PageImages


def load(tree: list[dict[str, Any]], images: PageImages) -> None:
    """Add what is missing of the tree below the shop's index."""
    _add(tree, CategoryIndexPage.objects.order_by("pk")[0], images)


def _add(nodes: list[dict[str, Any]], parent: Page, images: PageImages) -> None:
    existing = {page.slug: page for page in parent.get_children()}
    for node in nodes:
        page = existing.get(node["slug"])
        if page is None:
            page = parent.add_child(
                instance=CategoryPage(
                    title=node["name"],
                    slug=node["slug"],
                    intro=node.get("intro", ""),
                    search_description=node.get("intro", ""),
                    image=images.get(node.get("tile"), node.get("tile_alt", "")),
                    hero=images.get(node.get("hero"), node.get("hero_alt", "")),
                )
            )
        _add(node.get("children", []), page, images)
