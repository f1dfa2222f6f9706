"""Reads of what surrounds every page: the shop's settings and its menus.

Both are remembered until content changes, so a page asks nothing.
"""

from typing import Any

from cms.blocks import references

from .memory import recall
from .models import Navigation, ShopSettings
from .shelves import Shelves, shelves
from .site import default_site
from .types import Menus, Shelf, ShopData

__all__ = ["menus", "shelves", "shop_settings"]


def shop_settings(site_id: int | None = None) -> ShopData:
    """Return what the shop says of itself; of the default site when none is named."""
    return recall(("shop", site_id), lambda: _read_settings(site_id))


def menus(site_id: int | None = None) -> Menus:
    """Return the header's and the footer's entries as the page frame takes them.

    Entries that lead nowhere (their page is gone or not public) are left out. An entry
    that leads to a category and has no entries of its own shows what is below it.
    """
    return recall(("menus", site_id), lambda: _read_menus(site_id))


def _site_id(site_id: int | None) -> int | None:
    if site_id is not None:
        return site_id
    site = default_site()
    return site.pk if site else None


def _read_settings(site_id: int | None) -> ShopData:
    said = ShopSettings.objects.filter(site_id=_site_id(site_id)).first() or ShopSettings()
    return ShopData(
        name=said.name,
        tagline=said.tagline,
        announcement=said.announcement,
        announcement_url=said.announcement_link,
        support_email=said.support_email,
        social=[
            {"label": link.value["label"], "url": link.value["address"]} for link in said.social
        ],
    )


def _read_menus(site_id: int | None) -> Menus:
    said = Navigation.objects.filter(site_id=_site_id(site_id)).first()
    if said is None:
        return {"header": [], "footer": []}
    tree = shelves()
    with references.read(said.header, said.footer):
        header = [_entry(item.value, tree, levels=3) for item in said.header]
        footer = [
            {
                "label": column.value["heading"],
                "url": "",
                "children": _present(_entry(link, tree) for link in column.value["links"]),
            }
            for column in said.footer
        ]
    return {"header": _present(header), "footer": footer}


def _present(entries: Any) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["url"] or entry.get("children")]


def _entry(link: Any, tree: Shelves, levels: int = 1) -> dict[str, Any]:
    page = link.get("page")
    shelf = tree.by_page.get(page.pk) if page else None
    if levels == 1:
        return {"label": link["label"], "url": link.url, "children": []}
    children = _present(_entry(child, tree, levels - 1) for child in link.get("children") or ())
    if not children and shelf:
        children = _shelves_below(shelf, tree, levels - 1)
    return {
        "label": link["label"],
        "url": link.url,
        "children": children,
        "image": shelf.image if shelf and children else {},
    }


def _shelves_below(shelf: Shelf, tree: Shelves, levels: int) -> list[dict[str, Any]]:
    if not levels:
        return []
    return [
        {
            "label": below.title,
            "url": below.url,
            "children": _shelves_below(below, tree, levels - 1),
        }
        for below in tree.below(shelf.path)
    ]
