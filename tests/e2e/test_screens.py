"""Our screens in the admin, of sellers and of staff: seen by axe, at both widths."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .market import ADMINISTRATOR, owner_of
from .people import sign_in
from .watching import PHONE, Watch

SELLERS = {
    "": "Kiln & Co",
    "orders/": "Orders",
    "products/": "Products",
    "products/new/": "New product",
    "stock/": "Stock and prices",
    "pictures/": "Pictures",
    "shipping/": "Shipping",
    "earnings/": "Earnings",
    "earnings/payouts/": "Payouts",
    "earnings/statement/": "Statement",
}
STAFFS = {
    "applications/": "Applications",
    "sellers/": "Sellers",
    "orders/": "Orders",
    "payouts/": "Payouts",
    "payments/": "Payments",
    "ledger/": "Ledger",
    "ledger/balances/": "Balances",
    "invariants/": "Invariants",
    "shipping/": "Ways to ship",
}


@pytest.mark.parametrize("path", SELLERS)
def test_screen_of_sellers(
    path: str, market: None, live_server: Any, page: Page, watch: Watch
) -> None:
    sign_in(page, live_server.url, owner_of("kiln"))
    page.goto(f"{live_server.url}/admin/{'selling/' if path else ''}{path}")

    _examine(page, watch, SELLERS[path])


@pytest.mark.parametrize("path", STAFFS)
def test_screen_of_staff(
    path: str, market: None, live_server: Any, page: Page, watch: Watch
) -> None:
    sign_in(page, live_server.url, ADMINISTRATOR)
    page.goto(f"{live_server.url}/admin/office/{path}")

    _examine(page, watch, STAFFS[path])


def _examine(page: Page, watch: Watch, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    watch.look_at_screen(page)
    page.set_viewport_size({"width": PHONE, "height": 844})
    watch.look_at_screen(page)
    watch.measure(page, PHONE)
