"""A page of cards with its sorting and paging links: categories, sellers, search."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest

from commerce.discovery import queries as discovery
from commerce.discovery.types import CardFilter, CardPage

from .currency import chosen
from .viewing import page_shown

PER_PAGE = 20
BY_RELEVANCE = {"relevance": "Best match"}
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
    is_sorted: bool
    """The address asks for an order other than the usual one."""

    @classmethod
    def of(cls, request: HttpRequest, cards: CardFilter, default: str = "popular") -> "Listing":
        """Read sort and page from the address; what makes no sense becomes the default.

        Sorted by the price that is everybody's, and shown with the one that is the visitor's.
        """
        offered = {**BY_RELEVANCE, **SORTS} if default in BY_RELEVANCE else SORTS
        sort = request.GET.get("sort", default)
        sort = sort if sort in offered else default
        page = discovery.page(
            filter=cards,
            sort=sort,
            page=_number(request.GET.get("page", "")),
            per_page=PER_PAGE,
            currency=chosen(request),
        )

        def address(to: int) -> str:
            kept = {key: value for key, value in request.GET.items() if key != "page"}
            query = urlencode({**kept, "page": to} if to > 1 else kept)
            return f"?{query}" if query else request.path

        return cls(
            page=page_shown(request, page),
            sorts=[
                {"value": key, "label": label, "selected": key == sort}
                for key, label in offered.items()
            ],
            pages=[
                {
                    "label": str(number) if number else "…",
                    "url": address(number) if number and number != page.page else "",
                    "current": number == page.page,
                }
                for number in _numbers(page.page, page.pages)
            ],
            previous=address(page.page - 1) if page.page > 1 else "",
            next=address(page.page + 1) if page.page < page.pages else "",
            is_sorted=sort != default,
        )


def _number(asked: str) -> int:
    valid = asked.isascii() and asked.isdigit() and len(asked) < 6
    return max(int(asked), 1) if valid else 1


def _numbers(current: int, last: int) -> list[int]:
    """Return the first, the last and the pages around the current one; 0 is a gap."""
    shown = sorted({1, last, *range(max(current - 1, 1), min(current + 1, last) + 1)})
    numbers: list[int] = []
    for number in shown:
        if numbers and number - numbers[-1] == 2:
            numbers.append(number - 1)
        elif numbers and number - numbers[-1] > 2:
            numbers.append(0)
        numbers.append(number)
    return numbers
