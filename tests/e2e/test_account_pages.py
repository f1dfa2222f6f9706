"""Opening an account and keeping it safe, in a browser: every page of it looked at."""

import re
from typing import Any

from django.core import mail
from playwright.sync_api import Page, expect

from tests.factories.pages import a_shop
from tests.support.totp import totp

from .watching import Watch

EMAIL = "wanda@example.com"
PASSWORD, ANOTHER = "Colonnade-7x", "Peristyle-8x"


class Person:
    """Somebody at a browser who looks at every page before going on."""

    def __init__(self, page: Page, watch: Watch, base: str) -> None:
        self.page, self.watch, self.base = page, watch, base

    def opens(self, address: str) -> None:
        self.page.goto(address if address.startswith("http") else f"{self.base}{address}")

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.watch.look(self.page)

    def fills(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.get_by_label(name.replace("_", " ").capitalize(), exact=True).fill(value)

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def signs_in(self, password: str) -> None:
        self.opens("/account/login/")
        self.fills(email_address=EMAIL, password=password)
        self.presses("Sign in")


def mailed_link(subject: str) -> str:
    (message,) = [m for m in mail.outbox if m.subject == subject]
    return re.search(r"https?://\S+", str(message.body))[0]


def test_an_account_is_opened_protected_and_found_again(
    live_server: Any, settings: Any, page: Page, watch: Watch
) -> None:
    settings.SITE_URL = live_server.url
    a_shop()
    wanda = Person(page, watch, live_server.url)

    wanda.opens("/account/signup/")
    wanda.presses("Open the account")
    expect(page.get_by_role("alert")).to_contain_text("Email address: This field is required.")
    wanda.sees("Open an account")
    wanda.fills(first_name="Wanda", last_name="Walk", email_address=EMAIL)
    wanda.fills(password=PASSWORD, password_once_more=PASSWORD)
    wanda.presses("Open the account")
    wanda.sees("Look into your mail")
    link = mailed_link("Confirm your email address")
    wanda.opens(link)
    wanda.sees("Confirm your email address")
    wanda.presses("Yes, confirm it")
    expect(page.get_by_text(f"Your address {EMAIL} is confirmed.")).to_be_visible()
    wanda.sees("Sign in")
    wanda.opens(link)
    expect(page.get_by_text("used already")).to_be_visible()

    wanda.signs_in("wrong")
    expect(page.get_by_role("alert")).to_contain_text("The email address or the password is not")
    wanda.sees("Sign in")
    wanda.signs_in(PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Wanda")

    wanda.opens("/account/2fa/")
    wanda.sees("Second factor")
    page.get_by_role("link", name="Set it up").click()
    wanda.sees("Is it you?")
    wanda.fills(password=PASSWORD)
    wanda.presses("Go on")
    wanda.sees("Set up the second factor")
    wanda.fills(code=totp(page.locator("code").inner_text()))
    wanda.presses("Connect the app")
    wanda.sees("Recovery codes")
    codes = page.locator("main code").all_inner_texts()
    assert len(codes) == 10
    for address, heading in (
        ("/account/2fa/", "Second factor"),
        ("/account/2fa/totp/move/", "Move the second factor"),
        ("/account/2fa/totp/deactivate/", "Switch off the second factor"),
        ("/account/2fa/recovery-codes/generate/", "New recovery codes"),
        ("/account/password/change/", "Change the password"),
        ("/account/email/", "Email address"),
    ):
        wanda.opens(address)
        wanda.sees(heading)
    wanda.fills(new_email_address="wanda.new@example.com")
    wanda.presses("Change it")
    expect(page.get_by_text("Waiting for your click")).to_be_visible()
    wanda.sees("Email address")
    wanda.presses("Keep the old address")
    expect(page.get_by_text("Waiting for your click")).to_have_count(0)

    wanda.opens("/account/logout/")
    wanda.sees("Sign out?")
    wanda.presses("Sign out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()

    wanda.signs_in(PASSWORD)
    wanda.sees("Second step")
    wanda.presses("Not now")
    wanda.sees("Sign in")
    wanda.opens("/account/password/reset/")
    wanda.sees("Reset the password")
    wanda.fills(email_address=EMAIL)
    wanda.presses("Mail me the link")
    wanda.sees("Look into your mail")
    link = mailed_link("Choose a new password")
    wanda.opens(link)
    wanda.sees("Choose a new password")
    wanda.fills(new_password=ANOTHER, new_password_once_more=ANOTHER)
    wanda.presses("Save the password")
    wanda.sees("Your password is changed")
    wanda.opens(link)
    wanda.sees("This link has lapsed")

    wanda.signs_in(ANOTHER)
    wanda.fills(code=codes[0])
    wanda.presses("Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Wanda")
