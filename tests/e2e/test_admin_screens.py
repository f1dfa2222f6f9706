"""Our own screens of the admin: axe, width and console, for sellers and for staff."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from commerce.inventory.models import Stock
from commerce.ledger.models import Journal
from commerce.payments.models import Payment
from commerce.sellers import operations as sellers
from commerce.sellers.models import Application
from tests.factories.accounts import make_user
from tests.factories.payments import make_attempt
from tests.factories.sales import Sold, sell
from tests.factories.selling import signed_in
from tests.factories.staff import ADMINISTRATORS, staff_groups
from tests.support.admin_worlds import Seat, seat

from .conftest import WIDTHS, faults_of

PICTURES = os.environ.get("SCREENSHOTS")


@pytest.fixture
def own(live_server) -> Seat:
    return seat("Lichen & Loam")


def come_in(page, base: str, user) -> None:
    """Come as somebody who signed in before."""
    value = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


def sellers_screens(own: Seat) -> dict[str, str]:
    sell(Sold(seller=own.shop.seller, titles=["Stoneware mug", "Linen apron"], quantity=3))
    Stock.objects.filter(location__seller=own.shop.seller).update(low_at=20)
    open_order = sell(Sold(seller=own.shop.seller)).seller_orders[0].number
    return {
        "home": "/admin/",
        "orders": reverse("selling:orders"),
        "order-open": reverse("selling:order", args=[open_order]),
        "order-shipped": reverse("selling:order", args=[own.ids["number"]]),
        "packing-slip": reverse("selling:packing_slip", args=[open_order]),
        "products": reverse("selling:products"),
        "product": reverse("selling:product", args=[own.ids["product_id"]]),
        "product-new": reverse("selling:product_new"),
        "stock": reverse("selling:stock"),
        "shipping": reverse("selling:shipping"),
        "shipping-new": reverse("selling:shipping_new"),
        "zones": reverse("selling:zones"),
        "zone": reverse("selling:zone", args=[own.ids["zone_id"]]),
        "handling": reverse("selling:dispatch"),
        "pick-up": reverse("selling:pick_up"),
        "pick-up-store": reverse("selling:pick_up_edit", args=[own.ids["location_id"]]),
        "label": reverse("selling:label", args=[open_order]),
        "pictures": reverse("selling:pictures"),
        "earnings": reverse("selling:earnings"),
        "statement": reverse("selling:statement"),
        "payouts": reverse("selling:payouts"),
    }


def staff_screens(own: Seat) -> dict[str, str]:
    application_id = sellers.apply(
        user_id=make_user().pk, shop_name="Fen Pottery", legal_name="Fen Pottery LLC",
        email="hello@fen.example", country="US", about="Salt-glazed jars and bowls.",
    )  # fmt: skip
    Payment.objects.filter(pk=make_attempt().id).update(
        state="review", review_reason="The provider says 49.99 USD, we asked for 50.00 USD."
    )
    return {
        "office-home": "/admin/",
        "applications": reverse("backoffice:applications"),
        "application": reverse(
            "backoffice:application", args=[Application.objects.get(pk=application_id).pk]
        ),
        "sellers": reverse("backoffice:sellers"),
        "seller": reverse("backoffice:seller", args=[own.shop.seller.pk]),
        "office-orders": reverse("backoffice:orders"),
        "office-order": reverse("backoffice:order", args=[own.ids["order_number"]]),
        "office-payouts": reverse("backoffice:payouts"),
        "payments": reverse("backoffice:payments"),
        "ledger": reverse("backoffice:journals"),
        "journal": reverse("backoffice:journal", args=[Journal.objects.order_by("pk")[0].pk]),
        "balances": reverse("backoffice:balances"),
        "invariants": reverse("backoffice:invariants"),
        "office-shipping": reverse("backoffice:shipping"),
        "carriers": reverse("fulfillment_carrier_modeladmin_index"),
        "tax-rates": reverse("pricing_taxrate_modeladmin_index"),
    }


def look(page, base: str, screens: dict[str, str]) -> list[str]:
    """Open every screen at both widths; return what is wrong with them."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        for name, address in screens.items():
            answer = page.goto(base + address)
            page.wait_for_load_state("networkidle")
            if answer is None or answer.status != 200:
                wrong.append(f"{address}: {answer and answer.status}")
            if PICTURES:
                path = Path(PICTURES) / f"{name}-{width}.png"
                page.screenshot(path=path, full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                wrong.append(f"{address} is wider than {size['width']}")
            wrong += faults_of(page)
    return wrong


def test_sellers_screens_have_no_fault(page, live_server, own):
    screens = sellers_screens(own)
    come_in(page, live_server.url, own.shop.people["owner"])

    assert look(page, live_server.url, screens) == []


def test_staff_screens_have_no_fault(page, live_server, own):
    screens = staff_screens(own)
    staff = make_user(email="staff@stoa.example")
    staff.groups.add(staff_groups()[ADMINISTRATORS])
    come_in(page, live_server.url, staff)

    assert look(page, live_server.url, screens) == []
