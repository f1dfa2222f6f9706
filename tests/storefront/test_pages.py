"""Pages as visitors and machines see them."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from wagtail.models import PageViewRestriction, Site

from cms.pages.models import ContentPage, HomePage, ShopSettings
from commerce.catalog import operations as catalog
from commerce.catalog import queries as catalog_queries
from tests.factories.discovery import make_card, make_cards
from tests.factories.inventory import stock_up
from tests.factories.pages import a_category, a_shop, an_image
from tests.factories.pricing import set_price
from tests.factories.shopfront import a_stall, on_show
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

COLORS = [(("Blue", "S"), 1000, 5), (("Blue", "M"), 1000, 0), (("Red", "S"), 1500, 2)]


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def structured(response: Any) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text(response))
    return {data["@type"]: data for data in map(json.loads, found)}


def meta(response: Any, name: str) -> str | None:
    tag = rf'<(?:meta (?:name|property)|link rel)="{name}" (?:content|href)="([^"]*)"'
    found = re.search(tag, text(response))
    return found[1] if found else None


def a_home_with_rails(rails: int = 3) -> HomePage:
    home = a_shop()
    home.body = [
        ("hero", {"layout": "split", "title": "Good things", "image": an_image(), "actions": []}),
        *(("rail", {"title": f"Rail {n}", "rule": "newest", "count": 8}) for n in range(rails)),
    ]
    home.save_revision().publish()
    return home


# Budgets: literal, and the same for many products as for one. One statement of each asks
# which promotions are on for whoever looks.


@pytest.mark.parametrize("products", [1, 1000])
def test_the_home_page_takes_two_statements(client: Client, products: int) -> None:
    a_home_with_rails()
    make_cards(products)
    client.get("/")

    with counted() as statements:
        response = client.get("/")

    assert response.status_code == 200
    assert len(statements) == 2, "\n".join(statements)


@pytest.mark.parametrize("products", [1, 1000])
def test_a_category_takes_three_statements(client: Client, products: int) -> None:
    mugs = a_category("Mugs")
    a_category("Small", parent=mugs)
    make_cards(products, category_keys=[mugs.key])
    client.get("/shop/mugs/")

    with counted() as statements:
        response = client.get("/shop/mugs/")

    assert response.status_code == 200
    assert len(statements) == 3, "\n".join(statements)


@pytest.mark.parametrize("variants", [1, 40])
def test_a_product_takes_eight_statements(client: Client, variants: int) -> None:
    page = on_show(options=["Size"], variants=[((f"{n}",), 1000, 5) for n in range(variants)])
    client.get(page.url)

    with counted() as statements:
        response = client.get(page.url)

    assert response.status_code == 200
    assert len(statements) == 8, "\n".join(statements)


def test_a_product_nobody_saw_yet_takes_ten_statements(client: Client) -> None:
    page, other = on_show(), on_show("Other")
    client.get(page.url)

    with counted() as statements:
        client.get(other.url)

    # The page's row and its pictures are read as well; its seller and shelves are known.
    assert len(statements) <= 10, "\n".join(statements)


def test_a_seller_s_page_takes_three_statements(client: Client) -> None:
    stall = a_stall()
    on_show(stall=stall)
    client.get(stall.url)

    with counted() as statements:
        response = client.get(stall.url)

    assert response.status_code == 200
    assert len(statements) == 3, "\n".join(statements)


# What is served, and to whom.


def test_a_draft_is_not_found(client: Client) -> None:
    a_shop().add_child(instance=ContentPage(title="Secret", slug="secret", live=False))

    assert client.get("/secret/").status_code == 404


def test_a_page_is_gone_as_soon_as_it_is_unpublished(client: Client) -> None:
    page = on_show()
    about = a_shop().add_child(instance=ContentPage(title="About", slug="about"))
    assert [client.get(one.url).status_code for one in (page, about)] == [200, 200]

    page.unpublish()
    about.unpublish()

    assert [client.get(one.url).status_code for one in (page, about)] == [404, 404]


def test_a_published_change_is_seen_at_once(client: Client) -> None:
    page = on_show("Blue mug")
    client.get(page.url)

    page.title = "Cobalt mug"
    page.save_revision().publish()

    assert "<h1>Cobalt mug</h1>" in text(client.get(page.url))


def test_a_page_kept_for_members_asks_strangers_to_sign_in(client: Client) -> None:
    about = a_shop().add_child(instance=ContentPage(title="About", slug="about"))
    below = about.add_child(instance=ContentPage(title="Board", slug="board"))
    assert client.get(below.url).status_code == 200

    PageViewRestriction.objects.create(page=about, restriction_type="login")
    response = client.get(below.url)

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_strangers_get_pages_without_anything_personal(client: Client) -> None:
    a_home_with_rails()

    response = client.get("/")

    assert dict(response.cookies) == {}


NONSENSE = ["page=0", "page=-3", "page=9999999999", "page=x", "page=²", "sort=", "sort=zzz"]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_the_address_shows_the_first_page(client: Client, query: str) -> None:
    mugs = a_category("Mugs")
    on_show(category=mugs)

    response = client.get(f"/shop/mugs/?{query}")

    assert response.status_code == 200
    assert "1 product" in text(response)


def test_a_page_beyond_the_last_is_the_last(client: Client) -> None:
    mugs = a_category("Mugs")
    make_cards(21, category_keys=[mugs.key])

    response = client.get("/shop/mugs/?page=77")

    assert response.context["listing"].page.page == 2
    assert len(response.context["listing"].page.cards) == 1


def test_cards_can_be_sorted_by_price(client: Client) -> None:
    mugs = a_category("Mugs")
    for minor in (3000, 1000, 2000):
        make_card(minor=minor, category_keys=[mugs.key])

    cards = client.get("/shop/mugs/?sort=-price").context["listing"].page.cards

    assert [card.price.minor for card in cards] == [3000, 2000, 1000]


def test_an_empty_category_says_so_and_leads_on(client: Client) -> None:
    a_category("Mugs")

    response = client.get("/shop/mugs/")

    assert "Nothing on this shelf yet" in text(response)
    assert 'href="/sellers/"' in text(response)


def test_a_category_shows_what_is_below_it_with_numbers(client: Client) -> None:
    mugs = a_category("Mugs")
    small = a_category("Small", parent=mugs)
    on_show(category=small)

    response = client.get("/shop/mugs/")

    assert [(tile["title"], tile["note"]) for tile in response.context["tiles"]] == [("Small", "1")]
    assert "1 product" in text(response)


def test_the_index_of_categories_shows_everything(client: Client) -> None:
    on_show(category=a_category("Mugs"))

    response = client.get("/shop/")

    assert [tile["url"] for tile in response.context["tiles"]] == ["/shop/mugs/"]
    assert "Blue mug" in text(response)


def test_sellers_are_listed_with_links(client: Client) -> None:
    a_stall("Acme")

    response = client.get("/sellers/")

    assert [seller.name for seller in response.context["sellers"]] == ["Acme"]


# A product's page without scripts.


def test_a_choice_in_the_address_shows_its_price_and_stock(client: Client) -> None:
    page = on_show(options=["Color", "Size"], variants=COLORS)

    response = client.get(page.url, {"option.Color": "Red", "option.Size": "S"})

    assert '<span class="price__now">$15.00</span>' in text(response)
    assert "Low stock: 2 left" in text(response)
    assert re.search('value="Red" data-axis="Color" [a-z ]*checked', text(response))


def test_an_open_choice_shows_where_prices_begin(client: Client) -> None:
    page = on_show(options=["Size"], variants=[(("S",), 1000, 5), (("M",), 1500, 5)])

    price = '<span class="price__from">from</span> <span class="price__now">$10.00</span>'
    assert price in text(client.get(page.url))


def test_a_sold_out_choice_hides_the_button_and_offers_others(client: Client) -> None:
    page = on_show(options=["Color", "Size"], variants=COLORS)

    response = client.get(page.url, {"option.Color": "Blue", "option.Size": "M"})

    assert "data-when-available hidden" in text(response)
    assert "This choice is out of stock" in text(response)
    assert 'href="?sku=' in text(response)


def test_a_sold_out_product_shows_what_is_similar(client: Client) -> None:
    page = on_show("Gone", variants=[((), 1000, 0)])
    on_show("Still here")

    response = client.get(page.url)

    assert "data-when-available hidden" in text(response)
    assert "Similar, and in stock" in text(response)
    assert "Still here" in text(response)


def test_a_product_without_price_is_not_for_sale(client: Client) -> None:
    page = on_show()
    catalog.archive_product(product_id=page.product_id)

    response = client.get(page.url)

    assert response.status_code == 200
    assert "Not for sale right now" in text(response)
    assert "offers" not in structured(response)["Product"]


def test_a_new_price_and_stock_are_shown_without_publishing(client: Client) -> None:
    page = on_show()
    client.get(page.url)
    [variant] = catalog_queries.variants_of(product_ids=[page.product_id])[page.product_id]
    set_price(variant.id, 999, compare_at=1250)
    stock_up(variant.id, 0)

    response = client.get(page.url)

    assert "$9.99" in text(response)
    assert "Out of stock" in text(response)


def test_the_form_leads_to_the_cart(client: Client) -> None:
    page = on_show(options=["Size"], variants=[(("S",), 1000, 5), (("M",), 1500, 5)])
    form = {"product": page.product_id, "option.Size": "M", "sku": "", "quantity": "2"}

    response = client.post("/cart/add/", form)

    assert response["Location"] == "/cart/?notice=added"


# What machines read.


def test_the_home_page_names_the_shop_and_its_search(client: Client) -> None:
    a_home_with_rails()
    site = Site.objects.get(is_default_site=True)
    ShopSettings.objects.create(site=site, name="Porch", support_email="help@example.com")

    data = structured(client.get("/"))

    assert data["Organization"]["name"] == "Porch"
    assert data["Organization"]["email"] == "help@example.com"
    target = data["WebSite"]["potentialAction"]["target"]["urlTemplate"]
    assert target == "http://localhost:8000/search/?q={search_term_string}"


def test_a_product_with_one_variant_has_one_offer(client: Client) -> None:
    page = on_show(variants=[((), 1250, 3)])

    product = structured(client.get(page.url))["Product"]

    assert product["name"] == "Blue mug"
    assert product["image"][0].startswith("http://localhost:8000/media/")
    assert product["offers"] == {
        "@type": "Offer",
        "sku": product["sku"],
        "url": f"http://localhost:8000{page.url}",
        "price": "12.50",
        "priceCurrency": "USD",
        "availability": "https://schema.org/InStock",
        "seller": {
            "@type": "Organization",
            "name": "Acme",
            "url": f"http://localhost:8000{page.get_parent().url}",
        },
    }


def test_a_product_with_variants_has_a_span_of_offers(client: Client) -> None:
    page = on_show(options=["Color", "Size"], variants=COLORS)

    offers = structured(client.get(page.url))["Product"]["offers"]

    assert (offers["@type"], offers["lowPrice"], offers["highPrice"], offers["offerCount"]) == (
        "AggregateOffer", "10.00", "15.00", 3,
    )  # fmt: skip
    assert [offer["availability"].rpartition("/")[2] for offer in offers["offers"]] == [
        "InStock", "OutOfStock", "InStock",
    ]  # fmt: skip


def test_breadcrumbs_follow_the_shelf(client: Client) -> None:
    small = a_category("Small", parent=a_category("Mugs"))
    page = on_show(category=small)

    crumbs = structured(client.get(page.url))["BreadcrumbList"]["itemListElement"]

    assert [(crumb["position"], crumb["name"]) for crumb in crumbs] == [
        (1, "Home"), (2, "Mugs"), (3, "Small"), (4, "Blue mug"),
    ]  # fmt: skip


def test_words_of_a_page_cannot_leave_its_structured_data(client: Client) -> None:
    page = on_show("</script><script>alert(1)")

    response = client.get(page.url)

    assert structured(response)["Product"]["name"] == "</script><script>alert(1)"
    assert "<script>alert(1)" not in text(response)


def test_pages_have_a_canonical_address_and_a_picture(client: Client) -> None:
    a_category("Mugs")

    response = client.get("/shop/mugs/?utm_source=mail")

    assert meta(response, "canonical") == "http://localhost:8000/shop/mugs/"
    assert meta(response, "og:image") == "http://localhost:8000/static/img/share.png"
    assert meta(response, "robots") == "noindex, follow"


def test_each_page_of_a_listing_stands_for_itself_and_orders_do_not(client: Client) -> None:
    mugs = a_category("Mugs")
    make_cards(21, category_keys=[mugs.key])

    second, ordered = client.get("/shop/mugs/?page=2"), client.get("/shop/mugs/?sort=price")

    assert meta(second, "canonical") == "http://localhost:8000/shop/mugs/?page=2"
    assert meta(second, "robots") is None
    assert meta(ordered, "canonical") == "http://localhost:8000/shop/mugs/"
    assert meta(ordered, "robots") == "noindex, follow"


def test_a_chosen_variant_s_address_stands_for_the_product(client: Client) -> None:
    page = on_show()

    response = client.get(page.url, {"sku": "P1-0"})

    assert meta(response, "canonical") == f"http://localhost:8000{page.url}"
