"""What search engines and browsers read: robots, sitemaps, the app manifest. Open to all."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from wagtail.models import Page

from cms.pages.queries import shop_settings
from commerce.discovery import queries as discovery
from commerce.discovery.types import SitemapEntry

PRIVATE = ("/account/", "/admin/", "/cart/", "/checkout/", "/orders/", "/search/", "/webhooks/")


@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers off personal pages and point them to the sitemap."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE), ""]
    lines.append(f"Sitemap: {settings.SITE_URL}/sitemap.xml")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the shop to browsers that offer to install it."""
    name = shop_settings(site_id=None).name
    return JsonResponse(
        {
            "name": name,
            "short_name": name,
            "start_url": "/",
            "display": "standalone",
            "background_color": "#faf7f2",
            "theme_color": "#1f2a37",
            "icons": [
                {
                    "src": static("img/icon-192.png"),
                    "sizes": "192x192",
                    "type": "image/png",
                },
                {
                    "src": static("img/icon-512.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                },
            ],
        },
        content_type="application/manifest+json",
    )


class Products(Sitemap):
    """Live product pages with their picture, straight from the read model."""

    limit = 5000

    def items(self) -> Iterable[Any]:
        return discovery.sitemap_entries()

    def location(self, item: SitemapEntry) -> str:
        return item.path

    def lastmod(self, item: SitemapEntry) -> object:
        return item.updated_at

    def get_urls(
        self, page: int | str = 1, site: Any = None, protocol: str | None = None
    ) -> list[dict[str, Any]]:
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            url["images"] = [_absolute(url["item"].image_url)] if url["item"].image_url else []
        return urls


class Pages(Sitemap):
    """Every other live, public page."""

    limit = 5000

    def items(self) -> Iterable[Any]:
        return (
            Page.objects.live()
            .public()
            .filter(depth__gte=2, alias_of=None)
            .exclude(content_type__model="productpage")
            .order_by("pk")
        )

    def location(self, item: Page) -> str:
        return item.get_url() or "/"

    def lastmod(self, item: Page) -> object:
        return item.last_published_at


def _absolute(address: str) -> str:
    return address if address.startswith("http") else f"{settings.SITE_URL}{address}"


SITEMAPS = {"products": Products, "pages": Pages}
