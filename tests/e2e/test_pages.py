"""Every kind of page, at both widths and in both themes: seen by axe and by the browser."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from commerce.accounts import operations
from commerce.accounts.models import User
from tests.factories.accounts import SAN_FRANCISCO

from .market import SHOPPER
from .people import sign_in
from .watching import Watch

PUBLIC = {
    "home": ("/", "Made to be used every day"),
    "shop": ("/shop/", "Shop"),
    "category": ("/shop/kitchen/", "Kitchen"),
    "shelf of the third level": ("/shop/kitchen/drinking/mugs/", "Mugs"),
    "empty shelf": ("/shop/kitchen/drinking/jugs/", "Jugs"),
    "product with options": ("/sellers/kiln-co/stoneware-mug/", "Stoneware mug"),
    "product without options": ("/sellers/loom-line/wool-blanket/", "Wool blanket"),
    "sold out": ("/sellers/kiln-co/tall-vase/", "Tall vase"),
    "sellers": ("/sellers/", "Sellers"),
    "seller": ("/sellers/kiln-co/", "Kiln & Co"),
    "landing page": ("/autumn/", "Autumn tables"),
    "content page": ("/returns/", "Delivery and returns"),
    "search": ("/search/?q=mug", "Results for “mug”"),
    "empty search": ("/search/?q=zeppelin", "Results for “zeppelin”"),
    "search without words": ("/search/", "Search"),
    "empty cart": ("/cart/", "Your cart"),
    "gift cards": ("/gift-cards/", "Give a gift card"),
    "sell": ("/sell/", "Sell on Stoa"),
    "tracking": ("/orders/track/", "Follow an order"),
    "sign in": ("/account/login/", "Sign in"),
    "sign up": ("/account/signup/", "account"),
    "password": ("/account/password/reset/", "password"),
    "not found": ("/there-is-no-such-page/", "nothing"),
}
OWN = {
    "account": ("/account/", "Hello"),
    "profile": ("/account/profile/", "Your name"),
    "addresses": ("/account/addresses/", "Addresses"),
    "new address": ("/account/addresses/new/", "Add an address"),
    "orders": ("/account/orders/", "Your orders"),
    "email addresses": ("/account/email/", "Email"),
    "change password": ("/account/password/change/", "password"),
    "second factor": ("/account/2fa/", "factor"),
    "application": ("/sell/", "Sell on Stoa"),
    "sign out": ("/account/logout/", "Sign out"),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_page(name: str, market: None, live_server: Any, page: Page, watch: Watch) -> None:
    path, heading = PUBLIC[name]

    page.goto(f"{live_server.url}{path}")

    expect(page.locator("h1")).to_contain_text(heading, ignore_case=True)
    watch.look(page, whole=True)


@pytest.mark.parametrize("name", OWN)
def test_page_of_a_shopper(
    name: str, market: None, live_server: Any, page: Page, watch: Watch
) -> None:
    path, heading = OWN[name]
    sign_in(page, live_server.url, SHOPPER)

    page.goto(f"{live_server.url}{path}")

    expect(page.locator("h1")).to_contain_text(heading, ignore_case=True)
    watch.look(page, whole=True)


def test_full_cart(market: None, live_server: Any, page: Page, watch: Watch) -> None:
    page.goto(f"{live_server.url}/sellers/loom-line/wool-blanket/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="See your cart (1)").click()
    expect(page.get_by_role("button", name="Go to checkout")).to_be_visible()

    watch.look(page, whole=True)


def test_address_book_with_an_address(
    market: None, live_server: Any, page: Page, watch: Watch
) -> None:
    shopper = User.objects.get(email=SHOPPER)
    operations.save_address(user_id=shopper.pk, address=SAN_FRANCISCO, make_default_shipping=True)
    sign_in(page, live_server.url, SHOPPER)

    page.goto(f"{live_server.url}/account/addresses/")

    expect(page.get_by_text("1 Market Street").first).to_be_visible()
    watch.look(page, whole=True)
