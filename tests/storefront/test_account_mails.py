"""What sign-in and its mails give away: nothing, to nobody but the owner of an address."""

import re
import statistics
import time
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import tokens
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User
from commerce.notifications.models import Message
from storefront.account_mails import MAILS
from storefront.settings import base
from tests.factories.accounts import make_user
from tests.support.account_mail import choose, mailed_link, path_of

pytestmark = pytest.mark.django_db

PASSWORD = "Colonnade-7"
SIGNUP = {
    "first_name": "Ada",
    "last_name": "Brook",
    "email": "ada@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.com", password=PASSWORD)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, password: str, *, email: str = "ada@example.com") -> Any:
    form = {"login": email, "password": password}
    return client.post(reverse("account_login"), form)


def test_a_known_and_an_unknown_address_get_the_same_answers(ada: User, client: Client) -> None:
    def answers(email: str) -> list[Any]:
        visitor = Client()
        signup = visitor.post(reverse("account_signup"), {**SIGNUP, "email": email}, follow=True)
        reset = visitor.post(reverse("account_reset_password"), {"email": email}, follow=True)
        login = Client().post(reverse("account_login"), {"login": email, "password": "wrong"})
        pages = [(page.redirect_chain, page.content) for page in (signup, reset)]
        return [str(part).replace(email, "…") for part in [*pages, login.content]]

    known, unknown = answers(ada.email), answers("eve@example.com")

    def strip(text: str) -> str:
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)

    assert list(map(strip, known)) == list(map(strip, unknown))


def test_the_owner_of_an_address_is_told_what_happened(ada: User, client: Client) -> None:
    client.post(reverse("account_signup"), SIGNUP)
    client.post(reverse("account_reset_password"), {"email": "eve@example.com"})

    sent = [(message.recipient, message.kind) for message in Message.objects.order_by("pk")]

    assert sent == [("ada@example.com", "account_exists"), ("eve@example.com", "account_unknown")]


def test_a_wrong_password_takes_as_long_for_an_unknown_account(settings: Any) -> None:
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    make_user(email="ada@example.com", password=PASSWORD)

    def took(email: str) -> float:
        times = []
        for _ in range(5):
            began = time.process_time()
            sign_in(Client(), "wrong", email=email)
            times.append(time.process_time() - began)
        return statistics.median(times)

    known, unknown = took("ada@example.com"), took("nobody@example.com")

    assert 0.75 < known / unknown < 1.33


def test_links_in_mails_bear_our_own_name_whatever_the_request_claims(
    ada: User, client: Client, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "attacker.example"]
    settings.SITE_URL = "https://shop.example"

    client.post(
        reverse("account_reset_password"),
        {"email": ada.email},
        headers={"host": "attacker.example"},
    )

    body = Message.objects.get().text + Message.objects.get().html
    assert "https://shop.example/account/password/reset/key/" in body
    assert "attacker.example" not in body


def test_an_unknown_host_is_refused(client: Client) -> None:
    response = client.get(reverse("account_login"), headers={"host": "attacker.example"})

    assert response.status_code == 400


def test_a_link_for_a_new_password_lasts_an_hour(
    ada: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(reverse("account_reset_password"), {"email": ada.email})
    link = mailed_link()

    def after(**passed: int) -> str:
        moment = datetime.now() + timedelta(**passed)  # noqa: DTZ005 - as Django's own
        monkeypatch.setattr(tokens.PasswordResetTokenGenerator, "_now", lambda self: moment)
        return Client().get(path_of(link), follow=True).content.decode()

    assert "Choose a new password" in after(minutes=59)
    assert "This link has lapsed" in after(minutes=61)


def test_a_new_password_ends_other_sessions(ada: User) -> None:
    elsewhere, here = Client(), Client()
    sign_in(elsewhere, PASSWORD)
    here.post(reverse("account_reset_password"), {"email": ada.email})

    choose(here, mailed_link(), "Peristyle-8")

    assert elsewhere.get("/account/").status_code == 302


def test_a_confirmation_link_works_once_and_lapses_with_age(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(reverse("account_signup"), SIGNUP)
    path = path_of(mailed_link())
    monkeypatch.setattr("django.core.signing.time.time", lambda: time.monotonic() + 2e9)
    assert "used already, or it is too old" in Client().get(path).content.decode()
    client.post(path)
    assert not is_confirmed()
    monkeypatch.undo()

    client.post(path)

    assert is_confirmed()
    assert "used already, or it is too old" in Client().get(path).content.decode()


def is_confirmed() -> bool:
    return User.objects.get().emailaddress_set.get().verified


def test_a_new_email_address_counts_only_after_its_link_was_opened(
    ada: User, client: Client
) -> None:
    sign_in(client, PASSWORD)
    change = {"email": "new@example.com", "action_add": ""}
    asked = client.post(reverse("account_email"), change)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked["Location"], {"password": PASSWORD})
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"

    client.post(path_of(mailed_link()))

    ada.refresh_from_db()
    assert ada.email == "new@example.com"
    assert [entry.email for entry in ada.emailaddress_set.all()] == ["new@example.com"]


def test_changing_the_password_asks_for_the_current_one_and_is_told_by_mail(
    ada: User, client: Client
) -> None:
    sign_in(client, PASSWORD)
    new = {"password1": "Peristyle-8", "password2": "Peristyle-8"}
    client.post(reverse("account_change_password"), {"oldpassword": "wrong", **new})
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)

    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **new})

    ada.refresh_from_db()
    assert ada.check_password("Peristyle-8")
    message = Message.objects.get()
    assert (message.kind, message.subject) == ("account_changed", "Your password was changed")
    assert "127.0.0.1" in message.text


def test_every_occasion_for_a_mail_has_one_of_ours() -> None:
    unused = ("code", "sms", "webauthn", "socialaccount")
    found = set()
    for folder in ("account", "mfa"):
        root = Path(str(resources.files("allauth"))) / "templates" / folder / "email"
        for subject in root.glob("*_subject.txt"):
            if not any(word in subject.name.replace("recovery_codes", "") for word in unused):
                found.add(f"{folder}/email/{subject.name.removesuffix('_subject.txt')}")

    assert found - set(MAILS) == set()
