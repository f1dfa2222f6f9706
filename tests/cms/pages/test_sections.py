"""Blocks as pages show them."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from wagtail.blocks import StreamValue

from cms.blocks import streams
from cms.pages.models import HomePage, LandingPage
from cms.pages.sections import sections
from commerce.discovery import operations as discovery
from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.payouts.periods import today
from tests.factories.pages import a_category, a_shop, an_image
from tests.factories.shopfront import a_stall, on_show
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def shown(*blocks: tuple[str, Any]) -> list[Any]:
    """Return what a page of these blocks shows, read from the database as visitors' pages are."""
    home = a_shop()
    page = home.add_child(instance=LandingPage(title="Guide", body=list(blocks)))
    return sections(LandingPage.objects.get(pk=page.pk).body, remember_as=None)


def titles(section: Any) -> list[str]:
    return [card.title for card in section.cards]


def rail(**value: Any) -> tuple[str, dict[str, Any]]:
    return "rail", {"title": "Look", "rule": "newest", "count": 8, "products": [], **value}


def test_a_rail_follows_its_rule() -> None:
    for minor in (3000, 1000, 2000):
        on_show(f"Mug for {minor}", variants=[((), minor, 5)])

    [cheapest] = shown(rail(rule="cheapest"))

    assert titles(cheapest) == ["Mug for 1000", "Mug for 2000", "Mug for 3000"]
    assert cheapest.rail.href == "/shop/?sort=price"


def test_a_rail_stays_on_its_shelf_and_leads_there() -> None:
    mugs, hats = a_category("Mugs"), a_category("Hats")
    on_show("Mug", category=mugs)
    on_show("Hat", category=hats)

    [section] = shown(rail(category=mugs))

    assert titles(section) == ["Mug"]
    assert section.rail.href == "/shop/mugs/"


def test_a_rail_keeps_to_its_seller() -> None:
    acme, bolt = a_stall("Acme"), a_stall("Bolt")
    on_show("Of Acme", stall=acme)
    on_show("Of Bolt", stall=bolt)

    [section] = shown(rail(seller=bolt))

    assert titles(section) == ["Of Bolt"]
    assert section.rail.href == bolt.url


def test_a_rail_by_hand_keeps_its_order_and_leaves_out_what_is_not_on_sale() -> None:
    first, second, third = on_show("First"), on_show("Second"), on_show("Third")
    second.unpublish()
    discovery.refresh(product_ids=[second.product_id])

    [section] = shown(rail(rule="hand", products=[third, second, first]))

    assert titles(section) == ["Third", "First"]


def test_a_paid_rail_shows_what_sellers_pay_for_and_says_so() -> None:
    acme = a_stall("Acme")
    on_show("Not paid for", stall=acme)
    paid = on_show("Paid for", stall=acme)
    payouts.offer_featuring(daily=Money(0, "USD"), places=3)
    payouts.feature(seller_id=acme.seller_id, product_id=paid.product_id, first_day=today(), days=1)

    [section] = shown(rail(rule="featured", title="Look here"))

    assert titles(section) == ["Paid for"]
    assert section.rail.title == "Look here (sponsored)"


def test_a_rail_without_products_is_not_shown() -> None:
    assert shown(rail(category=a_category("Empty"))) == []


def test_tiles_take_name_and_picture_of_their_category_unless_told_otherwise() -> None:
    mugs = a_category("Mugs")
    mugs.image = an_image("Three mugs")
    mugs.save()

    [section] = shown(
        ("tiles", {"title": "", "tiles": [{"category": mugs, "label": "Cups", "image": None}]})
    )

    assert 'href="/shop/mugs/"' in section.html
    assert "Cups" in section.html
    assert "three-mugs" in section.html


def test_a_button_to_a_page_that_is_gone_is_left_out() -> None:
    guide = a_shop().add_child(instance=LandingPage(title="Old guide", live=False))
    action = {"label": "Read on", "page": guide, "address": ""}

    [section] = shown(
        ("hero", {"layout": "split", "title": "Hello", "image": an_image(), "actions": [action]})
    )

    assert "Hello" in section.html
    assert "Read on" not in section.html


def test_only_the_first_hero_is_the_page_s_heading() -> None:
    hero = {"layout": "split", "title": "Hello", "image": an_image(), "actions": []}

    first, second = shown(("hero", hero), ("hero", hero))

    assert ("<h1" in first.html, "<h1" in second.html) == (True, False)
    assert ('fetchpriority="high"' in first.html, 'loading="lazy"' in second.html) == (True, True)


def test_many_blocks_cost_no_more_than_one_of_each() -> None:
    mugs, stall = a_category("Mugs"), a_stall()
    page = on_show(category=mugs, stall=stall)
    one = [
        ("hero", {"layout": "cover", "title": "A", "image": an_image(), "actions": []}),
        ("tiles", {"title": "B", "tiles": [{"category": mugs, "label": "", "image": None}]}),
        ("spotlight", {"title": "C", "sellers": [stall]}),
        rail(rule="hand", products=[page]),
        rail(category=mugs),
        ("media_text", {"title": "D", "text": "<p>D</p>", "image": an_image()}),
        ("prose", "<p>E</p>"),
    ]
    costs = []
    for blocks in (one, one * 4):
        home = a_shop().add_child(instance=LandingPage(title="Guide", body=blocks))
        body = LandingPage.objects.get(pk=home.pk).body
        sections(body, remember_as=None)
        body = LandingPage.objects.get(pk=home.pk).body
        with counted() as statements:
            sections(body, remember_as=None)
        costs.append(len(statements))

    # Pictures, pages, sellers, products chosen by hand; cards by rule and by hand,
    # and the promotions that are on for whoever looks.
    assert costs == [7, 7]


def test_what_is_remembered_costs_only_its_cards_and_what_is_on() -> None:
    on_show()
    home = a_shop()
    home.body = [("prose", "<p>Words</p>"), rail()]
    home.save()
    body = HomePage.objects.get(pk=home.pk).body
    sections(body, remember_as="home")

    with counted() as statements:
        kinds = [section.kind for section in sections(body, remember_as="home")]

    assert kinds == ["prose", "rail"]
    assert len(statements) == 2, "\n".join(statements)


@pytest.mark.parametrize(("name", "block"), streams.LANDING, ids=lambda part: str(part)[:12])
def test_every_block_has_a_preview_and_says_what_it_is_for(name: str, block: Any) -> None:
    a_category("Mugs")
    on_show(stall=a_stall())
    block.set_name(name)
    value = block.get_preview_value()

    html = render_to_string(
        block.get_preview_template(value), {"bound_block": block.bind(value), "page_title": name}
    )

    assert block.is_previewable
    assert block.get_description()
    assert len(html.partition("<main>")[2]) > 100


def test_an_empty_body_shows_nothing() -> None:
    assert sections(StreamValue(HomePage.body.field.stream_block, []), remember_as=None) == []
