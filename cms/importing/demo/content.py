"""Home, landing and content pages, menus and settings."""

import json
import uuid
from typing import Any

from wagtail.models import Page, Site

from cms.pages.models import (
    ContentPage,
    HomePage,
    LandingPage,
    Navigation,
    ProductPage,
    SellerPage,
    ShopSettings,
)

from .. import queries
from ..checking import category_key
from .pictures import PageImages


class Content:
    """Writes pages whose blocks name other pages by path, slug or handle."""

    def __init__(self, data: dict[str, Any], sellers: dict[str, int], images: PageImages) -> None:
        self.data = data
        self.images = images
        self.home = HomePage.objects.order_by("pk")[0]
        self.categories = queries.category_pages()
        pages = {page.seller_id: page for page in SellerPage.objects.filter(alias_of=None)}
        self.sellers = {slug: pages[seller_id] for slug, seller_id in sellers.items()}
        self.free: dict[tuple[str, str], Page] = {}

    def load(self) -> None:
        """Write everything; pages are there before the first block points at them."""
        for kind, model in (("landing", LandingPage), ("content", ContentPage)):
            for entry in self.data[f"{kind}_pages"]:
                self.free[kind, entry["slug"]] = self._page(model, entry)
        for kind in ("landing", "content"):
            for entry in self.data[f"{kind}_pages"]:
                self._fill(self.free[kind, entry["slug"]], entry)
        self._fill(self.home, self.data["home"])
        self._settings()

    def _page(self, model: type[Page], entry: dict[str, Any]) -> Page:
        existing = model.objects.child_of(self.home).filter(slug=entry["slug"]).first()
        if existing is not None:
            return existing
        return self.home.add_child(instance=model(title=entry["title"], slug=entry["slug"]))

    def _fill(self, page: Page, entry: dict[str, Any]) -> None:
        page.title = entry["title"]
        page.seo_title = entry.get("seo_title", "")
        page.search_description = entry.get("search_description", "")
        if isinstance(page, ContentPage):
            page.intro = entry.get("intro", "")
        page.body = self._blocks(entry["body"])
        page.save_revision().publish()

    def _blocks(self, blocks: list[dict[str, Any]]) -> str:
        return json.dumps(
            [
                {"type": block["type"], "value": self._value(block), "id": str(uuid.uuid4())}
                for block in blocks
            ]
        )

    def _value(self, block: dict[str, Any]) -> Any:
        value = dict(block["value"])
        match block["type"]:
            case "prose":
                return value["html"]
            case "tiles":
                value["tiles"] = [self._tile(tile) for tile in value["tiles"]]
            case "spotlight":
                value["sellers"] = [self.sellers[slug].pk for slug in value["sellers"]]
            case "rail":
                self._rail(value)
        if "image" in value:
            value["image"] = self._image(value["image"])
        if "link" in value:
            value["link"] = self._link(value["link"])
        if "actions" in value:
            value["actions"] = [self._link(link) for link in value["actions"]]
        return value

    def _tile(self, tile: dict[str, Any]) -> dict[str, Any]:
        category = self.categories[category_key(tile["category"])].pk
        return {**tile, "category": category, "image": self._image(tile.get("image"))}

    def _rail(self, value: dict[str, Any]) -> None:
        if "category" in value:
            value["category"] = self.categories[category_key(value["category"])].pk
        if "seller" in value:
            value["seller"] = self.sellers[value["seller"]].pk
        if "products" in value:
            slugs = value["products"]
            pages = dict(ProductPage.objects.filter(slug__in=slugs).values_list("slug", "pk"))
            value["products"] = [pages[slug] for slug in slugs if slug in pages]

    def _image(self, image: dict[str, Any] | None) -> int | None:
        if not image:
            return None
        stored = self.images.get(image["file"], image["alt"], image.get("focus"))
        return stored.pk if stored else None

    def _link(self, link: dict[str, Any] | None) -> dict[str, Any]:
        if not link:
            return {"label": "", "page": None, "address": ""}
        page = self._target(link)
        return {
            "label": link.get("label", ""),
            "page": page.pk if page else None,
            "address": "" if page else link.get("address", ""),
        }

    def _target(self, link: dict[str, Any]) -> Page | None:
        if "category" in link:
            return self.categories[category_key(link["category"])]
        if "seller" in link:
            return self.sellers[link["seller"]]
        for kind in ("landing", "content"):
            if kind in link:
                return self.free[kind, link[kind]]
        return None

    def _settings(self) -> None:
        site = Site.objects.get(is_default_site=True)
        said = self.data["shop"]
        shop = ShopSettings.for_site(site)
        for field in ("name", "tagline", "announcement", "support_email"):
            setattr(shop, field, said.get(field, ""))
        target = self._target(said.get("announcement_link") or {})
        shop.announcement_link = (target.url or "") if target else ""
        shop.save()
        menus = Navigation.for_site(site)
        menus.header = self._entries("item", self.data["menus"]["header"], "children")
        menus.footer = self._entries("column", self.data["menus"]["footer"], "links")
        menus.save()

    def _entries(self, kind: str, entries: list[dict[str, Any]], below: str) -> str:
        blocks = []
        for entry in entries:
            value: dict[str, Any] = {below: [self._link(link) for link in entry.get(below, [])]}
            if kind == "column":
                value["heading"] = entry["heading"]
            else:
                value |= self._link(entry)
            blocks.append({"type": kind, "value": value, "id": str(uuid.uuid4())})
        return json.dumps(blocks)
