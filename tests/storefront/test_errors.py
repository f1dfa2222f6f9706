"""What goes wrong is answered: the database away, Redis away, nonsense sent, doors closed."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from psycopg_pool import PoolTimeout

from commerce.orders.models import Order
from devtools.stripe_double import StripeDouble
from storefront import errors
from storefront.cache import ForgivingRedisCache
from storefront.health import HealthMiddleware
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.orders import Wanted, make_ready_cart
from tests.factories.pages import a_shop

CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}
HEALTHY = ["/health/live", "/health/ready"]


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("no such thing")


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def slow(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 10")
        cursor.execute("SELECT pg_sleep(1)")
    return HttpResponse()


urlpatterns = [path("broken/", broken), path("closed/", closed), path("slow/", slow)]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error


@pytest.fixture
def visitor() -> Client:
    """Somebody who sees the page for an error and not the error itself."""
    return Client(raise_request_exception=False)


def heading(response: Any) -> str:
    return re.search(r"<h1>(.*?)</h1>", response.content.decode())[1]


# The database is away


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        try:
            raise psycopg.OperationalError("connection refused")
        except psycopg.Error as error:
            raise OperationalError(str(error)) from error

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)


@pytest.mark.parametrize(
    "path",
    ["/", "/cart/", "/search/?q=mug", "/p/1/", "/account/", "/admin/", "/nothing/", "/sell/"],
)
def test_without_a_database_every_page_says_that_the_shop_is_back_shortly(
    no_database: None, visitor: Client, path: str
) -> None:
    visitor.cookies["cart"] = "k" * 43
    visitor.cookies["sessionid"] = "s" * 32

    response = visitor.get(path)

    assert (response.status_code, heading(response)) == (503, "Back shortly")
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"
    assert "cart" not in response.cookies
    assert "sessionid" not in response.cookies


def test_without_a_database_forms_are_refused_likewise(no_database: None, visitor: Client) -> None:
    visitor.cookies["cart"] = "k" * 43

    response = visitor.post("/cart/add/", {"variant": "1", "quantity": "1"})

    assert (response.status_code, heading(response)) == (503, "Back shortly")


def test_without_a_database_the_shop_lives_but_takes_no_visitors(
    no_database: None, visitor: Client
) -> None:
    answers = [(r.status_code, r.json()) for r in map(visitor.get, HEALTHY)]

    assert answers == [(200, {"status": "ok"}), (503, {"status": "no database"})]


def test_a_lost_connection_is_told_from_a_failed_statement() -> None:
    def caused(cause: Exception) -> Exception:
        error = OperationalError("…")
        error.__cause__ = cause
        return error

    class Shutdown(psycopg.OperationalError):
        sqlstate = "57P01"

    lost = [
        psycopg.OperationalError("connection refused"),
        Shutdown(),
        psycopg.errors.TooManyConnections(),
        psycopg.InterfaceError("the connection is closed"),
    ]
    failed = [
        psycopg.errors.QueryCanceled(),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.UniqueViolation(),
        psycopg.InterfaceError("cursor already closed"),
        ValueError(),
    ]

    assert [errors.database_is_away(caused(each)) for each in lost] == [True] * 4
    assert [errors.database_is_away(caused(each)) for each in failed] == [False] * 6


def test_visitors_do_not_wait_in_vain_for_a_connection_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, visitor: Client
) -> None:
    waited = []

    def wait(self: Any) -> None:
        waited.append(1)
        try:
            raise PoolTimeout("couldn't get a connection after 2.00 sec")
        except psycopg.Error as error:
            raise OperationalError(str(error)) from error

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", wait)
    monkeypatch.setattr(errors, "_rests_until", 0.0)

    answers = [visitor.get("/p/1/") for _ in range(5)]
    of_the_first = len(waited)
    monkeypatch.setattr(errors, "_rests_until", errors._rests_until - errors.REST_SECONDS)
    visitor.get("/p/1/")

    assert [(a.status_code, a["Retry-After"]) for a in answers] == [(503, "30")] * 5
    assert (of_the_first, len(waited)) == (1, 2)


@pytest.mark.urls("tests.storefront.test_errors")
@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_an_error_and_no_closed_shop(visitor: Client) -> None:
    response = visitor.get("/slow/")

    assert (response.status_code, heading(response)) == (500, "Something broke on our side")


# Health


@pytest.mark.django_db
def test_health_checks_ask_little_and_open_no_session(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/health/ready")
    with django_assert_num_queries(1):
        ready = client.get("/health/ready", headers={"host": "10.0.0.7"})
    with django_assert_num_queries(0):
        live = client.get("/health/live", headers={"host": "10.0.0.7"})

    assert (ready.status_code, live.status_code) == (200, 200)
    assert not ready.cookies
    assert not live.cookies


@pytest.mark.django_db
def test_a_shop_whose_tables_are_behind_takes_no_visitors(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HealthMiddleware, "migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'cart'")

    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (503, {"status": "migrations are missing"})
    assert client.get("/health/live").status_code == 200


# Maintenance


def test_during_maintenance_everybody_sees_the_page_for_it(settings: Any, client: Client) -> None:
    settings.MAINTENANCE = True

    for address in ("/", "/admin/", "/cart/", "/account/login/", "/nothing/"):
        response = client.get(address)
        assert (response.status_code, heading(response)) == (503, "Back shortly")
        assert response["Retry-After"] == "300"
    assert client.post("/webhooks/stripe/", b"{}", "application/json").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_the_page_for_maintenance_has_its_looks(settings: Any, client: Client) -> None:
    settings.MAINTENANCE = True

    page = client.get("/").content.decode()

    for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        assert client.get(asset).status_code == 200


# Redis is away


@pytest.fixture
def no_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    nobody = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "storefront.cache.ForgivingRedisCache",
            "LOCATION": nobody,
            "OPTIONS": {"socket_connect_timeout": 0.2},
        }
    }
    with current_app.connection_for_write() as before:
        kept = before.as_uri(include_password=True)
    current_app.conf.update(broker_url=nobody, task_always_eager=False)
    current_app.conf.broker_transport_options = {"socket_connect_timeout": 0.2, "max_retries": 0}
    yield
    current_app.conf.update(broker_url=kept, task_always_eager=True)
    ForgivingRedisCache._asked_again_at = 0


@pytest.mark.django_db(transaction=True)
def test_without_redis_a_guest_looks_around_fills_a_cart_and_pays(
    no_redis: None, double: StripeDouble
) -> None:
    a_shop()
    ready = make_ready_cart([Wanted()], [Wanted(quantity=2)])
    another = make_sellable()
    client = Client()
    client.cookies["cart"] = ready.token

    assert client.get("/").status_code == 200
    assert client.get("/search/?q=mug").status_code == 200
    added = client.post("/cart/add/", {"variant": another, "quantity": "1"}, follow=True)
    assert added.status_code == 200
    client.cookies["cart"] = make_cart(dict.fromkeys(ready.variants, 1))
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    methods = dict(re.findall(r'name="(method-\d+)" value="(\d+)"', page))
    page = client.post(reverse("checkout-review"), methods).content.decode()
    total = dict(re.findall(r'name="(expected_total|currency)" value="([^"]+)"', page))
    to_pay = client.post(reverse("checkout-place"), total)
    double.pay(to_pay["Location"])
    order = Order.objects.get()
    done = client.get(reverse("checkout-return", args=[order.token]))

    assert "is confirmed" in done.content.decode()
    assert Order.objects.get().state == "confirmed"


# Pages for errors


@pytest.mark.urls("tests.storefront.test_errors")
def test_a_failure_shows_a_page_that_needs_no_database(visitor: Client) -> None:
    response = visitor.get("/broken/")

    assert (response.status_code, heading(response)) == (500, "Something broke on our side")
    assert "no such thing" not in response.content.decode()


@pytest.mark.urls("tests.storefront.test_errors")
@pytest.mark.django_db
def test_a_closed_door_and_a_missing_page_say_so(visitor: Client) -> None:
    refused, missing = visitor.get("/closed/"), visitor.get("/nothing/")

    assert (refused.status_code, heading(refused)) == (403, "This door is closed")
    assert (missing.status_code, heading(missing)) == (404, "Nothing stands here")


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_with_a_remedy() -> None:
    response = Client(enforce_csrf_checks=True).post("/cart/add/", {"variant": "1"})

    assert (response.status_code, heading(response)) == (403, "Please send it again")


def test_a_body_beyond_measure_is_refused_unread(client: Client) -> None:
    response = client.generic(
        "POST", "/cart/add/", b"variant=1", content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(65 * 1024 * 1024),
    )  # fmt: skip

    assert (response.status_code, heading(response)) == (
        413,
        "That was more than fits through the door",
    )


@pytest.mark.parametrize(
    "form",
    [{"note": "x" * (11 * 1024 * 1024)}, {f"field{n}": "x" for n in range(5001)}],
    ids=["too long", "too many fields"],
)
def test_a_form_beyond_measure_is_refused(client: Client, form: dict[str, str]) -> None:
    response = client.post("/cart/add/", form)

    assert response.status_code == 413


@pytest.mark.parametrize("where", ["/?q=%00", "/%00/", "/search/?q=a%00b"])
def test_a_null_character_is_refused_as_unreadable(client: Client, where: str) -> None:
    response = client.get(where)

    assert (response.status_code, heading(response)) == (400, "That could not be read")
