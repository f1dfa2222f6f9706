"""What every page may use: the shop's settings and its menus. Nothing personal."""

from django.http import HttpRequest

from cms.pages import queries


def shop(request: HttpRequest) -> dict[str, object]:
    """Return settings and menus of the shop, remembered by the cms between requests."""
    return {"shop": queries.shop_settings(site_id=None), "menus": queries.menus(site_id=None)}
