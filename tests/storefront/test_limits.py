"""Signing in and up: limits that hold without Redis, sessions, links in mails, no disclosure."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User
from commerce.notifications.models import Message
from storefront.cache import ForgivingRedisCache
from storefront.settings import base
from tests.factories.accounts import make_user
from tests.support.account_mail import choose, mailed_link

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
    assert cache.add("limit:1", 0, 3600)
    assert not cache.add("limit:1", 0, 3600)
    assert (cache.incr("limit:1"), cache.incr("limit:1")) == (1, 2)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE limits_without_redis SET expires = now() - interval '1 second'")

    assert cache.get("limit:1") is None
    ForgivingRedisCache._asked_again_at = 0


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


def test_the_admins_own_sign_in_leads_into_the_admin(client: Client) -> None:
    response = client.get("/admin/login/")

    assert response["Location"] == f"{reverse('account_login')}?next=/admin/"


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


def links() -> list[str]:
    return [
        re.search(r"http://[^/]+(/account/unlock/\S+)", message.text)[1]  # type: ignore[index]
        for message in Message.objects.filter(kind="account_unlock")
    ]


def test_who_is_locked_out_gets_a_link_that_opens_the_lock(
    limits: None, ada: User, client: Client
) -> None:
    for _ in range(7):
        sign_in(client, "wrong")
    assert not is_signed_in(sign_in(client, PASSWORD))
    (link,) = links()  # one mail, however often it is tried

    phone = Client()
    assert "Unlock your account" in phone.get(link).content.decode()
    assert not is_signed_in(sign_in(client, PASSWORD))  # looking opens nothing
    phone.post(link)

    assert is_signed_in(sign_in(client, PASSWORD))


def test_nobody_is_told_whether_there_is_an_account_to_unlock(
    limits: None, ada: User, client: Client
) -> None:
    for email in ("ada@example.com", "nobody@example.com"):
        for _ in range(5):
            sign_in(client, "wrong", email=email, address="203.0.113.9")

    pages = [
        sign_in(client, "wrong", email=email, address="203.0.113.9").content.decode()
        for email in ("ada@example.com", "nobody@example.com")
    ]

    assert pages[0].count("wrong too often") == pages[1].count("wrong too often") == 1
    assert not Message.objects.filter(recipient="nobody@example.com").exists()


def test_a_link_opens_its_own_lock_alone(limits: None, ada: User, client: Client) -> None:
    make_user(email="eve@example.com", password=PASSWORD)
    for _ in range(6):
        sign_in(client, "wrong", email="eve@example.com", address="203.0.113.9")
    for _ in range(6):
        sign_in(client, "wrong", address="198.51.100.4")
    eves = Message.objects.get(kind="account_unlock", recipient="eve@example.com")

    client.post(re.search(r"/account/unlock/\S+", eves.text)[0])  # type: ignore[index]

    assert not is_signed_in(sign_in(Client(), PASSWORD, address="198.51.100.4"))


@pytest.mark.parametrize("token", ["x", "InggI.x:y", "0" * 400])
def test_a_made_up_or_old_link_opens_nothing(client: Client, token: str) -> None:
    page = client.post(reverse("account-unlock", args=[token]))

    assert page.status_code == 410
