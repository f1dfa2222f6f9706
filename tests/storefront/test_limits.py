"""Signing in and up: limits that hold without Redis, sessions, links in mails, no disclosure."""

import re
import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import tokens
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User
from commerce.notifications import operations as notifications
from commerce.notifications.models import Message
from storefront.account_mails import MAILS
from storefront.cache import ForgivingRedisCache
from storefront.settings import base
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "Colonnade-7"
NOBODY = "redis://127.0.0.1:1/0"  # nothing listens there
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


@pytest.fixture(params=["shared cache", "no Redis"])
def limits(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """The limits of production, over a cache that works and over one that is away."""
    settings.ACCOUNT_RATE_LIMITS = base.ACCOUNT_RATE_LIMITS
    if request.param == "no Redis":
        settings.CACHES = {
            "default": {"BACKEND": "storefront.cache.ForgivingRedisCache", "LOCATION": NOBODY}
        }
    yield
    ForgivingRedisCache._asked_again_at = 0


def sign_in(
    client: Client, password: str, *, email: str = "ada@example.com", address: str = "", **more: str
) -> Any:
    form = {"login": email, "password": password, **more}
    extra = {"REMOTE_ADDR": address} if address else {}
    return client.post(reverse("account_login"), form, **extra)


def is_signed_in(response: Any) -> bool:
    return response.status_code == 302


def mailed_link() -> str:
    for message in Message.objects.filter(sent_at=None):
        notifications.deliver(message_id=message.pk)
    return re.search(r"https?://\S+", mail.outbox[-1].body)[0]


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def choose(client: Client, link: str, password: str) -> Any:
    form = client.get(path_of(link), follow=True)
    where = form.redirect_chain[-1][0] if form.redirect_chain else path_of(link)
    return client.post(where, {"password1": password, "password2": password}, follow=True)


# Limits


def test_the_sixth_wrong_password_locks_the_account_for_that_address(
    limits: None, ada: User, client: Client
) -> None:
    for _ in range(5):
        assert "is not right" in sign_in(client, "wrong").content.decode()

    locked = sign_in(client, PASSWORD)

    assert not is_signed_in(locked)
    assert "wrong too often" in locked.content.decode()


def test_a_stranger_elsewhere_locks_nobody_out(limits: None, ada: User, client: Client) -> None:
    for _ in range(6):
        sign_in(client, "wrong", address="203.0.113.9")

    assert is_signed_in(sign_in(client, PASSWORD, address="198.51.100.4"))


def test_right_passwords_do_not_count(limits: None, ada: User) -> None:
    for _ in range(8):
        assert is_signed_in(sign_in(Client(), PASSWORD))


def test_one_address_cannot_try_many_accounts(limits: None, client: Client) -> None:
    answers = [sign_in(client, "wrong", email=f"p{n}@example.com") for n in range(11)]

    assert "is not right" in answers[9].content.decode()
    assert "wrong too often" in answers[10].content.decode()


def test_an_unknown_account_locks_like_a_known_one(limits: None, client: Client) -> None:
    for _ in range(5):
        sign_in(client, "wrong", email="nobody@example.com")

    locked = sign_in(client, "wrong", email="nobody@example.com")

    assert "wrong too often" in locked.content.decode()


def test_the_link_for_a_new_password_unlocks(limits: None, ada: User, client: Client) -> None:
    for _ in range(6):
        sign_in(client, "wrong")
    client.post(reverse("account_reset_password"), {"email": ada.email})

    choose(client, mailed_link(), "Peristyle-8")

    assert is_signed_in(sign_in(client, "Peristyle-8"))


def test_registrations_from_one_address_are_limited(limits: None, client: Client) -> None:
    for number in range(20):
        client.post(reverse("account_signup"), {**SIGNUP, "email": f"p{number}@example.com"})

    refused = client.post(reverse("account_signup"), SIGNUP)

    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    assert "a little often" in refused.content.decode()
    assert not User.objects.filter(email="ada@example.com").exists()


def test_a_lost_cache_is_asked_once_and_then_left_alone(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "storefront.cache.ForgivingRedisCache", "LOCATION": NOBODY}
    }
    asked = []
    lost = caches["default"]._cache.get  # type: ignore[attr-defined]
    caches["default"]._cache.get = lambda *a: asked.append(a) or lost(*a)  # type: ignore[attr-defined]

    found = [cache.get("anything", "nothing") for _ in range(50)]

    assert found == ["nothing"] * 50
    assert len(asked) == 1
    ForgivingRedisCache._asked_again_at = 0


def test_counts_without_redis_expire(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "storefront.cache.ForgivingRedisCache", "LOCATION": NOBODY}
    }
    assert cache.add("track:1", 0, 3600)
    assert not cache.add("track:1", 0, 3600)
    assert (cache.incr("track:1"), cache.incr("track:1")) == (1, 2)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE limits_without_redis SET expires = now() - interval '1 second'")

    assert cache.get("track:1") is None
    ForgivingRedisCache._asked_again_at = 0


# No disclosure


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


# Links


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


# Sessions


def test_the_session_gets_another_id_at_sign_in(ada: User, client: Client) -> None:
    sign_in(client, "wrong")
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key

    sign_in(client, PASSWORD)

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_lasts_as_long_as_the_browser_unless_one_stays_signed_in(ada: User) -> None:
    short, long = Client(), Client()

    sign_in(short, PASSWORD)
    sign_in(long, PASSWORD, remember="on")

    assert short.cookies["sessionid"]["max-age"] == ""
    assert long.cookies["sessionid"]["max-age"] == 30 * 24 * 3600


def test_signing_out_takes_a_form_and_ends_the_session(ada: User, client: Client) -> None:
    sign_in(client, PASSWORD)
    client.get(reverse("account_logout"))
    assert client.get("/account/").status_code == 200

    client.post(reverse("account_logout"))

    assert client.get("/account/").status_code == 302


def test_after_signing_in_one_lands_where_one_wanted_but_never_elsewhere(ada: User) -> None:
    wanted = sign_in(Client(), PASSWORD, next="/account/orders/")
    elsewhere = sign_in(Client(), PASSWORD, next="https://attacker.example/")

    assert (wanted["Location"], elsewhere["Location"]) == ("/account/orders/", "/account/")


# Other doors


def test_the_admins_own_sign_in_leads_to_ours(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/pages/")

    assert response["Location"] == f"{reverse('account_login')}?next=/admin/pages/"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/password_reset/",
        "/admin/password_reset/confirm/MQ/set-password/",
        "/admin/password_reset/done/",
        "/admin/password_reset/complete/",
    ],
)
def test_the_admins_own_password_reset_is_closed(client: Client, path: str, ada: User) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, {"email": ada.email}).status_code == 404
    assert not mail.outbox
