"""What every page may use. Public pages are kept for all: they ask for nothing personal."""

from django.http import HttpRequest

from cms.pages import queries
from commerce.cart import queries as carts
from storefront.shop import cart_session, currency


def shop(request: HttpRequest) -> dict[str, object]:
    """Return settings and menus of the shop, remembered by the cms between requests."""
    return {
        "shop": queries.shop_settings(site_id=None),
        "menus": queries.menus(site_id=None),
        "currencies": currency.options(request),
    }


def cart(request: HttpRequest) -> dict[str, object]:
    """Return how many units the visitor's cart holds; looked up where a page asks for it."""

    def count() -> int:
        token = cart_session.current(request)
        return carts.count(token=token) if token else 0

    return {"cart_count": count}
