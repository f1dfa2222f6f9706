"""What machines read, what protects people, and what operations ask."""

import re
from typing import Any

import pytest
from django.test import Client

from commerce.catalog import operations as catalog
from tests.factories.cart import make_sellable, product_of

pytestmark = pytest.mark.django_db


def test_robots_are_kept_off_personal_pages_and_shown_the_sitemap(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /checkout/" in text
    assert text.rstrip().endswith("/sitemap.xml")


def test_the_sitemap_names_products_with_their_picture(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_sellable()

    index = client.get("/sitemap.xml").content.decode()
    products = client.get("/sitemap-products.xml").content.decode()

    assert "sitemap-products.xml" in index
    assert "/sellers/acme/" in products
    assert "<image:loc>" in products


def test_the_manifest_can_be_read(client: Client) -> None:
    assert client.get("/manifest.webmanifest").json()["start_url"] == "/"


def test_a_permalink_leads_to_the_live_page(client: Client) -> None:
    product_id = product_of(make_sellable())

    response = client.get(f"/p/{product_id}/")

    assert (response.status_code, response["Location"]) == (301, f"/sellers/acme/{product_id}/")


def test_a_withdrawn_product_says_that_it_is_no_longer_sold(client: Client) -> None:
    product_id = product_of(make_sellable(title="Salt cellar"))
    catalog.withdraw_listing(product_id=product_id, locale="en")

    response = client.get(f"/p/{product_id}/")

    assert response.status_code == 410
    assert "Salt cellar is no longer sold" in response.content.decode()
    assert client.get("/p/99999999/").status_code == 404


def test_health_is_answered_without_host_or_session(client: Client) -> None:
    assert client.get("/health/live", headers={"host": "10.0.0.7"}).json() == {"status": "ok"}
    assert client.get("/health/ready", headers={"host": "10.0.0.7"}).json() == {"status": "ok"}


def test_shop_pages_run_no_script_that_is_not_ours(client: Client) -> None:
    response = client.get("/cart/")

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.search(r"script-src [^;]*'self'", policy)
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|application/(ld\+)?json))[^>]*>", page)
    assert " style=" not in page


def test_other_headers_protect_visitors(client: Client) -> None:
    headers = client.get("/cart/").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


def test_an_unknown_address_answers_in_the_shops_own_words(client: Client) -> None:
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert "<h1" in response.content.decode()


def test_a_form_from_elsewhere_is_refused_politely() -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/cart/add/", {"variant": "1", "quantity": "1"})

    assert response.status_code == 403
    assert "<h1" in response.content.decode()


@pytest.mark.parametrize("query", ["", "%", "'", "a" * 5000, "<script>", "mug & | !", "🍜"])
def test_search_takes_any_words(client: Client, query: str) -> None:
    response = client.get("/search/", {"q": query, "page": "x", "sort": "zzz"})

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_search_finds_by_title_and_sku(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_sellable(title="Olive wood bowl", sku="BOWL-77")

    for words in ("olive bowl", "BOWL-77"):
        assert "Olive wood bowl" in client.get("/search/", {"q": words}).content.decode()
    assert "Nothing matches" in client.get("/search/", {"q": "xylophone"}).content.decode()
