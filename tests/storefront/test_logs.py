"""Logs: one JSON object a line, a request id followed into tasks, nothing personal."""

import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import structlog
from celery import shared_task
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from commerce.outbox import bus, facts, operations
from commerce.outbox.models import Delivery, Event
from storefront.settings import logs
from tests.factories.accounts import make_user

Lines = Callable[[], list[dict[str, Any]]]
log = structlog.get_logger("tests.shop")
ID = "edge-2026.11_0001"


@dataclass(frozen=True, kw_only=True)
class BellRang(facts.Fact):
    name: ClassVar[str] = "tests.bell-rang.v1"


def listen(fact: BellRang) -> None:
    log.info("bell.heard")


@shared_task
def _sweep_the_floor(**_: object) -> None:
    log.info("floor.swept")


def ring(request: HttpRequest) -> HttpResponse:
    bus.publish(BellRang())
    return HttpResponse()


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError("no bell for ada@example.com at /orders/track/s3cr3t/")


urlpatterns = [path("ring/", ring), path("fail/", fail)]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything written while the test runs, as a production process would write it."""
    written = io.StringIO()
    config = logs.configure(level="INFO")["formatters"]["line"]
    handler = logging.StreamHandler(written)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
        )
    )
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def only(lines: list[dict[str, Any]], event: str) -> dict[str, Any]:
    (found,) = [line for line in lines if line["event"] == event]
    return found


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_id_and_who_sent_it(client: Client, lines: Lines) -> None:
    user = make_user()
    client.force_login(user)

    response = client.get("/account/?email=ada@example.com", headers={"X-Request-ID": ID})

    (line,) = lines()
    assert response["X-Request-ID"] == ID
    assert (line["request_id"], line["user_id"], line["level"]) == (ID, user.pk, "info")
    assert (line["request"], line["code"]) == ("GET /account/", 200)
    assert isinstance(line["duration_ms"], int)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "sent", ["", "short", "x" * 65, 'a"b: {evil}', "../../../etc", "id-of\tme-12"]
)
def test_an_id_that_looks_like_none_is_replaced(client: Client, sent: str) -> None:
    response = client.get("/favicon.ico", headers={"X-Request-ID": sent})

    assert len(response["X-Request-ID"]) == 32
    assert response["X-Request-ID"].isalnum()


def test_each_request_has_an_id_of_its_own(client: Client) -> None:
    ids = {client.get("/favicon.ico")["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.urls("tests.storefront.test_logs")
@pytest.mark.django_db
def test_the_id_follows_a_fact_to_whoever_hears_it(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "_handlers", dict(facts._handlers))
    monkeypatch.setitem(facts._heard_by, BellRang.name, [])
    facts.subscribe(BellRang)(listen)
    client.get("/ring/", headers={"X-Request-ID": ID})
    assert Event.objects.get().request_id == ID
    structlog.contextvars.clear_contextvars()

    operations.deliver(delivery_id=Delivery.objects.get().pk)

    assert only(lines(), "bell.heard")["request_id"] == ID


def test_the_id_follows_into_a_task(lines: Lines) -> None:
    """The message carries it, and the worker takes it up before the task runs."""
    from django_structlog.celery.receivers import CeleryReceiver

    receiver = CeleryReceiver()
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request_id=ID, user_id=7):
        receiver.receiver_before_task_publish(headers=headers, body={})
    structlog.contextvars.clear_contextvars()
    task = _sweep_the_floor
    task.push_request(__django_structlog__=headers["__django_structlog__"])

    receiver.receiver_task_prerun(task_id="t-1", task=task)
    task.run()
    task.pop_request()
    structlog.contextvars.clear_contextvars()

    line = only(lines(), "floor.swept")
    assert (line["request_id"], line["user_id"], line["task_id"]) == (ID, 7, "t-1")
    assert line["task"] == task.name


def test_workers_take_up_what_a_message_carries() -> None:
    from django_structlog.celery.steps import DjangoStructLogInitStep

    from storefront.celery import app

    assert DjangoStructLogInitStep in app.steps["worker"]


@pytest.mark.urls("tests.storefront.test_logs")
def test_a_failure_is_logged_once_with_its_trace_and_without_what_is_personal(
    client: Client, lines: Lines
) -> None:
    client.raise_request_exception = False

    client.get("/fail/", headers={"X-Request-ID": ID})

    line = only(lines(), "request_failed")
    assert (line["level"], line["code"], line["request_id"]) == ("error", 500, ID)
    assert "ValueError: no bell for ***@example.com at /orders/track/***/" in line["exception"]
    assert "ada@" not in json.dumps(lines())
    assert "s3cr3t" not in json.dumps(lines())


def test_lines_of_libraries_are_masked_too(lines: Lines) -> None:
    logging.getLogger("some.library").warning("mail to %s bounced", "ada.b+x@mail.example.com")

    assert only(lines(), "mail to ***@mail.example.com bounced")["level"] == "warning"


def test_masking_takes_no_longer_for_a_line_that_a_stranger_made_long() -> None:
    line = f"GET /{'a' * 50_000}"
    began = time.process_time()

    assert logs.mask(line) == line
    assert logs.mask(f"{line}@example.com") == "GET /***@example.com"

    assert time.process_time() - began < 1


def secret_routes() -> list[str]:
    """Every route of the shop whose address holds a secret."""

    def walk(patterns: list[Any], before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route

    marks = ("token>", "<key>", "uidb36>", "<str:key>")
    return sorted(
        route
        for route in walk(get_resolver().url_patterns, "/")
        if any(mark in route for mark in marks) and not route.startswith("/admin/")
    )


def test_every_address_that_holds_a_secret_is_masked() -> None:
    routes = secret_routes()

    assert len(routes) >= 6
    for route in routes:
        example = route.replace("(?P<uidb36>[0-9A-Za-z]+)", "1").replace("(?P<key>.+)", "s3cr3t")
        example = re.sub("<str:[a-z_]*token>", "s3cr3t", example).replace("^", "")
        example = example.replace("(?P<key>[-:\\w]+)", "s3cr3t")
        assert "s3cr3t" in example, route
        assert "s3cr3t" not in logs.mask(f'{{"request": "GET {example}"}}'), route


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
@pytest.mark.django_db
def test_health_checks_leave_no_line(client: Client, lines: Lines, path: str) -> None:
    client.get(path)

    assert lines() == []


@pytest.mark.parametrize("path", ["account/unlock", "sell/join", "account/password/reset/key"])
def test_links_that_open_something_are_masked(path: str) -> None:
    assert logs.mask(f"GET /{path}/IjEi:1abc:s3cr3t/ 200") == f"GET /{path}/***/ 200"


@pytest.mark.parametrize("before", ["", "gift-"])
def test_keys_of_orders_and_gift_cards_are_masked_and_ids_of_requests_are_not(before: str) -> None:
    key = "TZ5uWb-8Dq_x0sB3kVnPa1LmYcR7e2Gf"
    line = f'{{"order_token": "{before}{key}", "request_id": "{"0a" * 16}"}}'

    assert logs.mask(line) == line.replace(key, "TZ5u***")
    assert logs.mask(f"pay:{before}{key}:1") == f"pay:{before}TZ5u***:1"
