"""Sessions of people who can enter the admin are short; those of shoppers are not."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from commerce.accounts.models import User
from storefront import privileged
from tests.support.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let seconds pass for whoever measures sessions."""
    passed = [0]
    monkeypatch.setattr(privileged, "clock", lambda: time.time() + passed[0])

    def wait(seconds: int) -> None:
        passed[0] += seconds

    return wait


@pytest.fixture
def in_admin(client: Client, staff: User, settings: Any, clock: Any) -> Client:
    settings.MFA_REQUIRED_FOR_STAFF = False
    sign_in(client, staff)
    return client


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_staff_are_signed_out_after_fifteen_idle_minutes(in_admin: Client, clock: Any) -> None:
    key = in_admin.session.session_key
    clock(15 * 60)

    response = in_admin.get("/admin/", follow=True)

    assert response.redirect_chain == [("/account/login/?next=/admin/", 302)]
    assert "nothing was done for 15 minutes" in response.content.decode()
    assert not Session.objects.filter(session_key=key).exists()


def test_work_keeps_the_session(in_admin: Client, clock: Any) -> None:
    for _ in range(4):
        clock(14 * 60)
        assert in_admin.get("/admin/").status_code == 200


def test_the_day_ends_even_for_the_busy(in_admin: Client, clock: Any) -> None:
    for _ in range(24 * 6):
        clock(10 * 60 - 1)
        assert signed_in(in_admin)

    clock(10 * 60)

    assert not signed_in(in_admin)


def test_an_open_editor_alone_does_not_keep_the_session(in_admin: Client, clock: Any) -> None:
    for _ in range(15):
        clock(60)
        in_admin.post("/admin/editing-sessions/ping/wagtailcore/page/1/1/")

    assert not signed_in(in_admin)


def test_shopping_counts_as_work_and_is_limited_likewise(in_admin: Client, clock: Any) -> None:
    clock(14 * 60)
    in_admin.get("/cart/")
    clock(14 * 60)
    assert signed_in(in_admin)
    clock(15 * 60)
    in_admin.get("/cart/")

    assert not signed_in(in_admin)


def test_sellers_have_short_sessions_and_shoppers_have_not(
    seller: User, shopper: User, clock: Any
) -> None:
    clients = {user: Client() for user in (seller, shopper)}
    for user, client in clients.items():
        sign_in(client, user)
    clock(15 * 60)

    assert [signed_in(client) for client in clients.values()] == [False, True]


def test_somebody_let_in_while_signed_in_gets_a_short_session_too(
    client: Client, shopper: User, settings: Any, clock: Any
) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = False
    sign_in(client, shopper)
    User.objects.filter(pk=shopper.pk).update(is_superuser=True)
    assert client.get("/admin/").status_code == 200
    clock(15 * 60)

    assert not signed_in(client)


def test_a_session_is_not_written_at_every_step(
    in_admin: Client, clock: Any, django_assert_num_queries: Any
) -> None:
    clock(61)
    in_admin.get("/robots.txt")
    before = Session.objects.get(session_key=in_admin.session.session_key).session_data

    clock(30)
    in_admin.get("/robots.txt")

    assert Session.objects.get(session_key=in_admin.session.session_key).session_data == before
