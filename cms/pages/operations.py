"""The skeleton every shop starts from."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, Site

from .models import CategoryIndexPage, HomePage, SellerIndexPage


@transaction.atomic
def ensure_site() -> HomePage:
    """Return the home page, made with its site and both indexes where they are missing.

    Takes the place of the welcome page that Wagtail starts with.
    """
    home = HomePage.objects.order_by("depth", "pk").first()
    if home is None:
        home = _make_home()
    if not CategoryIndexPage.objects.exists():
        home.add_child(instance=CategoryIndexPage(title="Shop", slug="shop"))
    if not SellerIndexPage.objects.exists():
        home.add_child(instance=SellerIndexPage(title="Sellers", slug="sellers"))
    return HomePage.objects.get(pk=home.pk)


def _make_home() -> HomePage:
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=HomePage(title="Home", slug="stoa"))
    address = urlsplit(settings.SITE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    site, created = Site.objects.get_or_create(
        is_default_site=True,
        defaults={"hostname": address.hostname, "port": port, "root_page": home},
    )
    if not created:
        welcome = site.root_page
        site.hostname, site.port, site.root_page = address.hostname or "localhost", port, home
        site.save()
        if welcome.specific_class is Page and not welcome.get_children().exists():
            welcome.delete()
    return home
