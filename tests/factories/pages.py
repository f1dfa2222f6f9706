"""Pages and pictures for tests."""

import io
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image
from wagtail.models import Locale, Page, Site

from cms.media.models import ShopImage
from cms.pages.models import (
    CategoryIndexPage,
    CategoryPage,
    HomePage,
    ProductImage,
    ProductPage,
    SellerIndexPage,
    SellerPage,
)


@cache
def photo(width: int = 900, height: int = 900, form: str = "WEBP", mode: str = "RGB") -> bytes:
    """Return a file of a picture with some detail in it."""
    buffer = io.BytesIO()
    gradient = Image.linear_gradient("L").resize((width, height))
    Image.merge("RGB", (gradient, gradient.rotate(90), gradient)).convert(mode).save(buffer, form)
    return buffer.getvalue()


def an_image(title: str = "A blue mug", *, width: int = 900, **fields: Any) -> ShopImage:
    file = ContentFile(photo(width=width), name=f"{title.lower().replace(' ', '-')}.webp")
    return ShopImage.objects.create(title=title, file=file, **fields)


def a_shop() -> HomePage:
    """Return the home page of a site with its category and seller indexes."""
    existing = HomePage.objects.first()
    if existing is not None:
        return existing
    root = Page.objects.get(depth=1)
    for page in root.get_children():
        page.delete()
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=HomePage(title="Home", slug="home"))
    Site.objects.all().delete()
    Site.objects.create(hostname="testserver", port=80, root_page=home, is_default_site=True)
    home.add_child(instance=CategoryIndexPage(title="Shop", slug="shop"))
    home.add_child(instance=SellerIndexPage(title="Sellers", slug="sellers"))
    Locale.objects.get_or_create(language_code="en")
    return home


def a_category(title: str = "Mugs", *, parent: Page | None = None) -> CategoryPage:
    a_shop()
    parent = parent or CategoryIndexPage.objects.get()
    return parent.specific.add_child(instance=CategoryPage(title=title))


def a_seller_page(seller_id: int, *, title: str = "Acme", slug: str = "acme") -> SellerPage:
    a_shop()
    index = SellerIndexPage.objects.get()
    return index.add_child(instance=SellerPage(title=title, slug=slug, seller_id=seller_id))


def a_draft(
    product_id: int | None,
    *,
    parent: SellerPage,
    title: str = "Blue mug",
    categories: list[CategoryPage] | None = None,
    image: ShopImage | None = None,
    **fields: Any,
) -> ProductPage:
    """Return a complete product page that is not live."""
    page = ProductPage(
        title=title,
        product_id=product_id,
        summary="A mug for the first coffee.",
        description="<p>Turned and glazed by hand.</p>",
        live=False,
        **fields,
    )
    page.gallery = [ProductImage(image=image or an_image(), alt="A blue mug on a table")]
    page.categories = categories or [a_category()]
    parent.add_child(instance=page)
    page.save_revision()
    return page


def a_live_page(product_id: int, *, parent: SellerPage, **fields: Any) -> ProductPage:
    page = a_draft(product_id, parent=parent, **fields)
    page.get_latest_revision().publish()
    page.refresh_from_db()
    return page
