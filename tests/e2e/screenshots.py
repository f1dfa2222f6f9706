"""Pictures of every page of shoppers, sellers and staff, to be looked at.

python -m tests.e2e.screenshots [http://localhost:8000]   all of them into var/screenshots
python -m tests.e2e.screenshots --docs                    and the README's into docs/screenshots

The shop must be running with its demo (`make run`); an order is placed on the way.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .browser import QUIET, chromium
from .steps import ASKS, DECLINES, expect_confirmed, fill_address, pay

PASSWORD = "Colonnade-26"  # of everybody in the demo
ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (1440, 390)
README = {"home": 82, "product": 82, "checkout-review": 88, "seller-orders": 88}
MOST_BYTES = 120_000
KETTLE = "/sellers/norrby-home/temperature-control-kettle-1-7-l/"
JACKET = "/sellers/tidemark-athletics/montana-wind-jacket/"
NORRBY, TIDEMARK, STAFF = "norrby@stoa.example", "tidemark@stoa.example", "admin@stoa.example"
PLACES = {
    "category": "/shop/women/",
    "shelf": "/shop/women/tops/jackets/",
    "sellers": "/sellers/",
    "seller": "/sellers/norrby-home/",
    "landing": "/autumn-layers/",
    "content": "/about/",
    "search": "/search/?q=jacket",
    "search-empty": "/search/?q=xylophone",
    "gone": "/p/999999999/",
    "sell": "/sell/",
    "track": "/orders/track/",
    "sign-in": "/account/login/",
    "sign-up": "/account/signup/",
    "password-reset": "/account/password/reset/",
}
OWN = {
    "account": "/account/",
    "account-orders": "/account/orders/",
    "account-addresses": "/account/addresses/",
    "account-address": "/account/addresses/new/",
    "account-profile": "/account/profile/",
    "account-email": "/account/email/",
    "account-second-factor": "/account/2fa/",
    "application": "/sell/",
}
SELLING = {
    "home": "/admin/",
    "orders": "/admin/selling/orders/",
    "products": "/admin/selling/products/",
    "product-new": "/admin/selling/products/new/",
    "stock": "/admin/selling/stock/",
    "pictures": "/admin/selling/pictures/",
    "shipping": "/admin/selling/shipping/",
    "earnings": "/admin/selling/earnings/",
    "statement": "/admin/selling/earnings/statement/",
    "year": "/admin/selling/earnings/year/",
    "plan": "/admin/selling/earnings/plan/",
    "featured": "/admin/selling/earnings/featured/",
    "requests": "/admin/selling/requests/",
    "drafts": "/admin/selling/drafts/",
    "documents": "/admin/selling/documents/",
    "locations": "/admin/selling/stock/locations/",
    "counts": "/admin/selling/stock/counts/",
    "connections": "/admin/selling/stock/connections/",
    "prices": "/admin/selling/prices/new/",
    "promotions": "/admin/selling/promotions/new/",
    "zones": "/admin/selling/shipping/zones/",
    "handling": "/admin/selling/shipping/handling/",
    "team": "/admin/selling/team/",
}
OFFICE = {
    "home": "/admin/",
    "applications": "/admin/office/applications/",
    "sellers": "/admin/office/sellers/",
    "orders": "/admin/office/orders/",
    "payouts": "/admin/office/payouts/",
    "ledger": "/admin/office/ledger/",
    "balances": "/admin/office/ledger/balances/",
    "invariants": "/admin/office/invariants/",
    "commissions": "/admin/office/commissions/",
    "terms": "/admin/office/payouts/terms/",
    "credits": "/admin/office/credits/",
    "gifts": "/admin/office/gift-cards/",
    "disputes": "/admin/office/disputes/",
    "reconciliation": "/admin/office/reconciling/",
    "requests": "/admin/office/requests/",
    "promotions": "/admin/office/promotions/new/",
    "audit": "/admin/office/audit/",
}


PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


class Camera:
    def __init__(self, browser: Browser, shop: str, *, docs: bool) -> None:
        self.browser, self.shop, self.docs = browser, shop, docs
        self.folder = ROOT / "var" / "screenshots"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.width = WIDTHS[0]

    @contextmanager
    def somebody(self, email: str = "", *, theme: str = "light") -> Iterator[Page]:
        context = self.browser.new_context(
            viewport={"width": self.width, "height": 900 if self.width > 600 else 844},
            reduced_motion="reduce",
            color_scheme=theme,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        if email:
            page.goto(f"{self.shop}/account/login/")
            page.get_by_label("Email address").fill(email)
            page.get_by_label("Password").fill(PASSWORD)
            page.locator("main").get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/account/")
        yield page
        context.close()

    def go(self, page: Page, path: str, name: str) -> None:
        page.goto(f"{self.shop}{path}")
        self.take(page, name)

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """Store what the page shows, lazy pictures included."""
        page.wait_for_load_state("load")
        page.evaluate(
            "async () => { for (const image of document.images) image.loading = 'eager';"
            " await Promise.all([...document.images].map((one) => one.decode().catch(() => 0))); }"
        )
        path = self.folder / f"{name}-{self.width}.png"
        page.screenshot(path=path, full_page=whole)
        if self.docs and name in README and self.width == WIDTHS[0]:
            self._keep(page.screenshot(), name)

    def _keep(self, png: bytes, name: str) -> None:
        """Store the first screenful for the README, small enough for a repository."""
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        for quality in range(README[name], 30, -6):
            buffer = io.BytesIO()
            picture.save(buffer, "WEBP", quality=quality, method=6)
            if buffer.tell() <= MOST_BYTES:
                break
        folder = ROOT / "docs" / "screenshots"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}-{self.width}.webp").write_bytes(buffer.getvalue())


def shopper(camera: Camera) -> None:
    with camera.somebody() as page:
        camera.go(page, "/", "home")
        for name, path in PLACES.items():
            camera.go(page, path, name)
        camera.go(page, "/cart/", "cart-empty")
        camera.go(page, KETTLE, "product")
        page.locator("[data-stage]").click()
        camera.take(page, "product-picture", whole=False)
        page.keyboard.press("Escape")
        if camera.width > 600:
            page.locator(".menu summary").first.click()
        else:
            page.locator(".drawer > summary").click()
        camera.take(page, "menu", whole=False)
        page.goto(f"{camera.shop}{JACKET}")
        camera.take(page, "product-options")
    with camera.somebody(theme="dark") as page:
        for name, path in {"home": "/", "product": KETTLE, "category": "/shop/women/"}.items():
            camera.go(page, path, f"dark-{name}")
    with camera.somebody("shopper@stoa.example") as page:
        for name, path in OWN.items():
            camera.go(page, path, name)


def buy(camera: Camera) -> str:
    """Place an order at two shops; returns its number."""
    with camera.somebody() as page:
        for place in (KETTLE, JACKET):
            page.goto(f"{camera.shop}{place}")
            for group in page.locator(".variant-picker fieldset").all():
                group.locator(".option:not(.option--out) input").first.check(force=True)
            page.get_by_role("button", name="Add to cart").click()
            expect(page.get_by_role("link", name=re.compile("See your cart"))).to_be_visible()
        camera.take(page, "product-added")
        camera.go(page, "/cart/", "cart")
        page.get_by_role("button", name="Go to checkout").click()
        camera.take(page, "checkout-address")
        page.get_by_role("button", name="Go on to shipping").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        camera.take(page, "checkout-address-errors")
        fill_address(page)
        page.get_by_role("button", name="Go on to shipping").click()
        expect(page.get_by_role("button", name="Go on to review")).to_be_visible()
        camera.take(page, "checkout-shipping")
        page.get_by_role("button", name="Go on to review").click()
        expect(page.get_by_role("button", name="Order and pay")).to_be_visible()
        camera.take(page, "checkout-review")
        page.get_by_role("button", name="Order and pay").click()
        expect(page.get_by_label("Card number")).to_be_visible()
        camera.take(page, "payment")
        pay(page, DECLINES)
        expect(page.get_by_role("alert")).to_be_visible()
        camera.take(page, "payment-declined")
        pay(page, ASKS)
        expect(page.get_by_role("button", name="Approve the payment")).to_be_visible()
        camera.take(page, "payment-bank")
        page.get_by_role("button", name="Approve the payment").click()
        number = expect_confirmed(page)
        camera.take(page, "confirmation")
        page.get_by_role("link", name="follow your order").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {number}")
        camera.take(page, "order")
    return number


def seller(camera: Camera, number: str) -> None:
    with camera.somebody(NORRBY) as page:
        for name, path in SELLING.items():
            camera.go(page, path, f"seller-{name}")
        page.goto(f"{camera.shop}/admin/selling/orders/")
        page.get_by_role("link", name=number).click()
        expect(page.get_by_role("heading", name="Ship a parcel")).to_be_visible()
        camera.take(page, "seller-order")
        page.get_by_label("Tracking number").fill("1Z999AA10123456784")
        page.get_by_role("button", name="Mark as shipped").click()
        expect(page.get_by_text("The parcel is on its way.")).to_be_visible()
        camera.take(page, "seller-order-shipped")
        page.get_by_role("link", name="Packing slip of the parcel").click()
        camera.take(page, "seller-packing-slip")
        page.goto(f"{camera.shop}/admin/selling/products/?q=kettle")
        page.get_by_role("link", name="Temperature control kettle").first.click()
        expect(page.get_by_role("link", name="Edit page").first).to_be_visible()
        camera.take(page, "seller-product")
        page.get_by_role("link", name="Edit page").first.click()
        expect(page.get_by_role("button", name="More actions")).to_be_visible()
        camera.take(page, "seller-editor", whole=False)


def staff(camera: Camera) -> None:
    with camera.somebody(STAFF) as page:
        for name, path in OFFICE.items():
            camera.go(page, path, f"office-{name}")
        page.goto(f"{camera.shop}/admin/office/sellers/")
        page.get_by_role("link", name="Norrby Home").click()
        camera.take(page, "office-seller")
        page.goto(f"{camera.shop}/admin/pages/")
        editor = page.locator("main a[href$='/edit/']").first.get_attribute("href")
        page.goto(f"{camera.shop}{editor}")
        expect(page.get_by_role("button", name="More actions")).to_be_visible()
        camera.take(page, "editor-home", whole=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", nargs="?", default="http://localhost:8000")
    parser.add_argument("--docs", action="store_true", help="Renew docs/screenshots as well.")
    parser.add_argument("--only", choices=["shopper", "seller", "staff"])
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        camera = Camera(browser, given.shop.rstrip("/"), docs=given.docs)
        for width in WIDTHS:
            camera.width = width
            if given.only in (None, "shopper"):
                shopper(camera)
            if given.only in (None, "shopper", "seller"):
                number = buy(camera)
            if given.only in (None, "seller"):
                seller(camera, number)
            if given.only in (None, "staff"):
                staff(camera)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
