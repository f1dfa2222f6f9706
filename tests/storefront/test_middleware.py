"""The layers around every request: whose address counts, which policy a page gets."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from storefront.middleware import ProxyMiddleware
from storefront.tasks import forget_expired
from tests.factories.accounts import make_user


@pytest.mark.parametrize(
    ("proxies", "said", "believed"),
    [
        (0, "203.0.113.9", "10.0.0.2"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.2"),
        (1, "2001:db8::9", "2001:db8::9"),
        (1, "unknown", "10.0.0.2"),
        (1, "", "10.0.0.2"),
        (1, "1.2.3.4; DROP", "10.0.0.2"),
    ],
)
def test_the_visitors_address_comes_from_our_proxies_alone(
    settings: Any, proxies: int, said: str, believed: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    seen = []

    def view(request: Any) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": said} if said else {}
    )
    ProxyMiddleware(view)(request)

    assert seen == [believed]


@pytest.mark.django_db
def test_shop_pages_have_the_strict_policy_and_may_not_be_framed(client: Client) -> None:
    headers = client.get("/cart/").headers

    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_the_admin_has_a_policy_of_its_own_that_knows_the_bucket(settings: Any) -> None:
    settings.MEDIA_ORIGINS = ["https://objects.example"]
    client = Client()
    client.force_login(make_user(is_superuser=True))

    headers = client.get("/admin/").headers

    assert (
        "img-src 'self' data: blob: https://objects.example;" in headers["Content-Security-Policy"]
    )
    assert "object-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_what_has_expired_is_forgotten() -> None:
    now = timezone.now()
    for key, age in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, expire_date=now + timedelta(hours=age))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO limits_without_redis VALUES"
            " ('old', '', now() - interval '1 hour'), ('new', '', now() + interval '1 hour')"
        )

    forget_expired()

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM limits_without_redis")
        assert cursor.fetchall() == [("new",)]
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    cache.clear()


def test_every_scheduled_task_exists() -> None:
    from storefront.celery import app

    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - set(app.tasks) == set()
