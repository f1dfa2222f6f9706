"""Drafts as editors see them before anybody else does."""

import pytest
from django.test import Client

from cms.pages.models import CategoryPage, LandingPage, ProductImage, ProductPage, SellerIndexPage
from cms.pages.models import SellerPage as Stall
from tests.factories.pages import a_category, a_shop, an_image
from tests.factories.shopfront import a_stall, on_show

pytestmark = pytest.mark.django_db


def preview(page: object) -> str:
    response = page.make_preview_request()  # type: ignore[attr-defined]
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_draft_shows_its_own_words_and_pictures_with_today_s_price() -> None:
    page = on_show("Blue mug", variants=[((), 1250, 5)])
    page.title = "Cobalt mug"
    page.gallery.add(ProductImage(image=an_image("The other side"), alt="The other side"))

    html = preview(page)

    assert "<h1>Cobalt mug</h1>" in html
    assert "The other side" in html
    assert "$12.50" in html
    assert "Price and stock are today" in html


def test_what_an_editor_previews_is_not_what_visitors_see(client: Client) -> None:
    page = on_show("Blue mug")
    client.get(page.url)
    page.title = "Cobalt mug"
    preview(page)

    html = client.get(page.url).content.decode()

    assert "Cobalt mug" not in html
    assert "Price and stock are today" not in html


def test_a_draft_without_product_can_be_looked_at() -> None:
    page = ProductPage(title="An idea", slug="an-idea", live=False)
    a_stall().add_child(instance=page)

    html = preview(page)

    assert "<h1>An idea</h1>" in html
    assert "Not for sale right now" in html


@pytest.mark.parametrize("kind", [LandingPage, CategoryPage, Stall])
def test_a_page_that_was_never_saved_can_be_looked_at(kind: type) -> None:
    parents = {LandingPage: a_shop, CategoryPage: lambda: a_category("Mugs")}
    parent = parents.get(kind, lambda: a_shop() and SellerIndexPage.objects.get())()
    page = kind(title="New", slug="new", locale=parent.locale)
    page.set_url_path(parent)

    assert "New" in preview(page)
