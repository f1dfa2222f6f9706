"""Which site a request means, and the addresses of its pages, without asking each time."""

from wagtail.models import Page, Site
from wagtail.models.sites import get_site_for_hostname

from .memory import recall


def default_site() -> Site | None:
    """Return the shop's site with its home page, remembered."""
    return recall(
        "default site",
        lambda: Site.objects.filter(is_default_site=True).select_related("root_page").first(),
    )


def site_for(*, hostname: str, port: str) -> Site | None:
    """Return the site that answers for a host, as Wagtail finds it, remembered."""

    def find() -> Site | None:
        try:
            return get_site_for_hostname(hostname, port)
        except Site.DoesNotExist:
            return None

    return recall(("site", hostname, port), find)


def address_of(page: Page) -> str:
    """Return a page's address below the home page, such as /shop/mugs/; empty outside of it."""
    site = default_site()
    if site is None or not page.url_path.startswith(site.root_page.url_path):
        return ""
    return "/" + page.url_path[len(site.root_page.url_path) :]
