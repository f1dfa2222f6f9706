"""The shop's settings and menus, as the frame of every page takes them."""

from typing import Any

import pytest
from wagtail.models import Site

from cms.pages import queries
from cms.pages.models import CategoryIndexPage, ContentPage, Navigation, ShopSettings
from tests.factories.pages import a_category, a_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def link(label: str, page: Any = None, address: str = "", **more: Any) -> dict[str, Any]:
    return {"label": label, "page": page, "address": address, **more}


def write_menus(*, header: Any = (), footer: Any = ()) -> None:
    site = Site.objects.get(is_default_site=True)
    menus = Navigation.for_site(site)
    menus.header = [("item", entry) for entry in header]
    menus.footer = [("column", entry) for entry in footer]
    menus.save()


def test_a_shop_without_settings_has_a_name() -> None:
    assert queries.shop_settings().name == "Stoa"


def test_settings_are_seen_as_soon_as_they_are_saved() -> None:
    a_shop()
    queries.shop_settings()
    said = ShopSettings.for_site(Site.objects.get(is_default_site=True))
    said.name, said.announcement = "Porch", "Free delivery this week"
    said.social = [("link", {"label": "Mastodon", "address": "https://example.org/@porch"})]
    said.save()

    shop = queries.shop_settings()

    assert (shop.name, shop.announcement) == ("Porch", "Free delivery this week")
    assert shop.social == [{"label": "Mastodon", "url": "https://example.org/@porch"}]


def test_an_entry_leads_to_a_page_or_an_address() -> None:
    mugs = a_category("Mugs")
    write_menus(header=[link("Cups", mugs), link("Sell", address="/sell/")])

    header = queries.menus()["header"]

    assert [(entry["label"], entry["url"]) for entry in header] == [
        ("Cups", "/shop/mugs/"),
        ("Sell", "/sell/"),
    ]


def test_a_category_without_entries_of_its_own_shows_what_is_below_it() -> None:
    kitchen = a_category("Kitchen")
    tea = a_category("Tea", parent=kitchen)
    a_category("Pots", parent=tea)
    write_menus(header=[link("Kitchen", kitchen)])

    [entry] = queries.menus()["header"]

    assert entry["children"] == [
        {
            "label": "Tea",
            "url": "/shop/kitchen/tea/",
            "children": [{"label": "Pots", "url": "/shop/kitchen/tea/pots/", "children": []}],
        }
    ]


def test_entries_of_its_own_win() -> None:
    kitchen = a_category("Kitchen")
    a_category("Tea", parent=kitchen)
    write_menus(header=[link("Kitchen", kitchen, children=[link("Guides", address="/guides/")])])

    [entry] = queries.menus()["header"]

    assert [child["label"] for child in entry["children"]] == ["Guides"]


def test_an_entry_whose_page_is_not_public_is_left_out_until_it_is() -> None:
    home = a_shop()
    about = home.add_child(instance=ContentPage(title="About", slug="about", live=False))
    column = {"heading": "Stoa", "links": [link("About", about), link("Mail", address="/mail/")]}
    write_menus(footer=[column])

    assert [entry["label"] for entry in queries.menus()["footer"][0]["children"]] == ["Mail"]

    about.save_revision().publish()

    assert [entry["label"] for entry in queries.menus()["footer"][0]["children"]] == [
        "About",
        "Mail",
    ]


def test_a_renamed_page_is_followed() -> None:
    mugs = a_category("Mugs")
    write_menus(header=[link("Cups", mugs)])
    queries.menus()

    mugs.slug = "cups"
    mugs.save_revision().publish()

    assert queries.menus()["header"][0]["url"] == "/shop/cups/"


def test_a_moved_page_is_followed() -> None:
    mugs, kitchen = a_category("Mugs"), a_category("Kitchen")
    write_menus(header=[link("Cups", mugs)])
    queries.menus()

    mugs.move(kitchen, pos="last-child")

    assert queries.menus()["header"][0]["url"] == "/shop/kitchen/mugs/"


def test_the_frame_asks_nothing_once_it_is_known() -> None:
    write_menus(header=[link("Cups", a_category("Mugs"))])
    queries.shop_settings()
    queries.menus()

    with counted() as statements:
        queries.shop_settings()
        queries.menus()

    assert statements == []


def test_many_entries_cost_no_more_than_one() -> None:
    index = CategoryIndexPage.objects.first() or a_category("First").get_parent()
    write_menus(header=[link(f"To {n}", a_category(f"Shelf {n}", parent=index)) for n in range(9)])
    queries.shop_settings()

    with counted() as statements:
        queries.menus()

    # The menus, the pages they name, and the tree of categories.
    assert len(statements) <= 4, "\n".join(statements)
