"""Who comes to the shop."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from commerce.accounts.models import User


def sign_in(page: Page, base: str, email: str) -> None:
    """Come as somebody who signed in before."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])
