"""Paying in our own checkout: the provider's fields, a card that is declined, one that pays."""

from typing import Any

from playwright.sync_api import Page, expect

from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble

from . import buying
from .steps import DECLINES, PAYS, expect_confirmed
from .watching import Watch


def test_a_shopper_pays_without_leaving_the_shop(
    market: None,
    live_server: Any,
    double: StripeDouble,
    page: Page,
    watch: Watch,
    settings: Any,
) -> None:
    settings.PAYMENT_HERE = True
    page.watch = watch  # type: ignore[attr-defined]
    page.goto(f"{live_server.url}/sellers/loom-line/wool-blanket/")
    buying.add(page, count=1)
    buying.check_out(page, sellers=["Loom & Line"])

    expect(page.get_by_role("heading", level=1)).to_contain_text("Pay $")
    card = page.get_by_label("Card number")
    card.fill(DECLINES)
    watch.look(page)
    page.get_by_role("button", name="Pay $").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    watch.look(page)
    card.fill(PAYS)
    page.get_by_role("button", name="Pay $").click()

    expect_confirmed(page)
    assert Payment.objects.get().state == "captured"
