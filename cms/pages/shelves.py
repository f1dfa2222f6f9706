"""The tree of live categories: small, read often, changed rarely, so it is held whole."""

from collections.abc import Iterable
from uuid import UUID

from wagtail.models import Page

from cms.media.pictures import picture

from .memory import recall
from .models import CategoryPage
from .site import address_of
from .types import Shelf

STEP = Page.steplen


class Shelves:
    """Finds categories by page, key or address, and walks up and down the tree."""

    def __init__(self, shelves: Iterable[Shelf]) -> None:
        self.by_page = {shelf.page_id: shelf for shelf in shelves}
        self.by_key: dict[UUID, Shelf] = {shelf.key: shelf for shelf in self.by_page.values()}
        self.by_url = {shelf.url: shelf for shelf in self.by_page.values()}
        self._by_path = {shelf.path: shelf for shelf in self.by_page.values()}

    def below(self, path: str) -> list[Shelf]:
        """Return the categories directly below a page's place in the tree, in its order."""
        return [
            shelf
            for shelf in self._by_path.values()
            if len(shelf.path) == len(path) + STEP and shelf.path.startswith(path)
        ]

    def way_to(self, shelf: Shelf) -> list[Shelf]:
        """Return a category and all above it, the highest first."""
        paths = (shelf.path[:end] for end in range(STEP, len(shelf.path) + 1, STEP))
        return [self._by_path[path] for path in paths if path in self._by_path]

    def deepest(self, page_ids: Iterable[int]) -> Shelf | None:
        """Return the most specific of these categories; the first of several."""
        found = [self.by_page[page_id] for page_id in page_ids if page_id in self.by_page]
        return max(found, key=lambda shelf: len(shelf.path), default=None)


def shelves() -> Shelves:
    """Return all live categories, remembered."""
    return recall("shelves", _read)


def _read() -> Shelves:
    pages = CategoryPage.objects.live().filter(alias_of=None).select_related("image")
    return Shelves(
        Shelf(
            page_id=page.pk,
            key=page.key,
            path=page.path,
            title=page.title,
            url=address_of(page),
            image=picture(page.image, use="tile"),
        )
        for page in pages.order_by("path")
    )
