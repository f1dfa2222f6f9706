"""A page of cards with its sorting and paging links, for search and anything like it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest

from commerce.discovery import queries as discovery
from commerce.discovery.types import CardFilter, CardPage

PER_PAGE = 20
SORTS = {
    "newest": "Newest",
    "popular": "Most popular",
    "price": "Price, low to high",
    "-price": "Price, high to low",
}


@dataclass(frozen=True)
class Listing:
    page: CardPage
    sorts: list[dict[str, object]]
    pages: list[dict[str, object]]
    previous: str
    next: str

    @classmethod
    def of(cls, request: HttpRequest, cards: CardFilter, default: str = "popular") -> "Listing":
        """Read sort and page from the address; what makes no sense becomes the default."""
        sort = request.GET.get("sort", default)
        sort = sort if sort in SORTS else default
        asked = request.GET.get("page", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        page = discovery.page(filter=cards, sort=sort, page=max(number, 1), per_page=PER_PAGE)

        def address(to: int) -> str:
            kept = {key: value for key, value in request.GET.items() if key != "page"}
            return f"?{urlencode({**kept, 'page': to} if to > 1 else kept)}"

        near = [n for n in range(page.page - 2, page.page + 3) if 1 <= n <= page.pages]
        return cls(
            page=page,
            sorts=[
                {"value": key, "label": label, "selected": key == sort}
                for key, label in SORTS.items()
            ],
            pages=[{"label": str(n), "url": address(n), "current": n == page.page} for n in near],
            previous=address(page.page - 1) if page.page > 1 else "",
            next=address(page.page + 1) if page.page < page.pages else "",
        )
