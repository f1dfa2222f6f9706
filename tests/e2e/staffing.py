"""What staff do about money in the admin."""

import re

from django.core import mail
from playwright.sync_api import Page, expect


def pay_without_hold(page: Page, base: str) -> None:
    """Agree with all sellers that money is paid as soon as a parcel arrived."""
    page.goto(f"{base}/admin/office/payouts/terms/")
    page.watch.look_at_screen(page)
    page.get_by_label("Days from delivery to payout").fill("0")
    page.get_by_role("button", name="Agree from now on").click()
    expect(page.get_by_text("The terms hold for orders")).to_be_visible()


def promise(page: Page, base: str, *, label: str, percent: str, code: str) -> None:
    """Give a percentage off to whoever knows the code, at the marketplace's cost."""
    page.goto(f"{base}/admin/office/promotions/")
    page.get_by_role("link", name=re.compile("promotion", re.IGNORECASE)).last.click()
    page.get_by_label("What shoppers read").fill(label)
    page.get_by_label("What they get").select_option(label="A percentage off")
    page.get_by_label("Percent off").fill(percent)
    page.get_by_label("Code", exact=True).fill(code)
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(label).first).to_be_visible()


def give_gift_card(page: Page, base: str, *, amount: str, email: str) -> str:
    """Give somebody a gift card; returns its code, which only the mail tells."""
    page.goto(f"{base}/admin/office/credits/new/")
    page.locator("select[name=kind]").select_option(label="Gift card")
    page.get_by_label("Amount in USD").fill(amount)
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Reason").fill("Thank you for your patience")
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Give it").click()
    expect(page.get_by_text("Thank you for your patience").first).to_be_visible()
    (told,) = [str(message.body) for message in mail.outbox if email in message.to]
    found = re.search(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){2,}\b", told)
    assert found, told
    return found[0]


def pay_out_one(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/office/payouts/")
    page.get_by_role("button", name="Pay out now what is available").click()
    expect(page.locator(".messages")).to_contain_text("1 payout on the way.")
