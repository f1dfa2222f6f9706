"""One's own orders, found by words, state and day."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import make_user
from tests.factories.documents import cancel
from tests.factories.fulfillment import delivered, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

LIST = reverse("account-orders")


@pytest.fixture
def ada():
    return make_user()


@pytest.fixture
def browser(client: Client, ada) -> Client:
    client.force_login(ada)
    return client


def an_order(ada, *titles: str):
    return sell(Sold(seller=make_seller(), titles=titles or ["Stoneware mug"]), user_id=ada.pk)


def shown(browser: Client, **query: object) -> list[str]:
    return [order.number for order in browser.get(LIST, query).context["orders"]]


def test_the_newest_comes_first_with_state_total_and_picture_of_what_it_is(browser, ada):
    first, second = an_order(ada), an_order(ada, "Oak table")

    page = browser.get(LIST).content.decode()

    assert shown(browser) == [second.number, first.number]
    for words in ("Oak table", "Confirmed", "$61.98"):
        assert words in page


def test_orders_are_found_by_number_and_by_what_was_in_them(browser, ada):
    mug, table = an_order(ada), an_order(ada, "Oak table")

    assert shown(browser, q="oak") == [table.number]
    assert shown(browser, q=mug.number.lower()) == [mug.number]
    assert shown(browser, q="xylophone") == []


def test_orders_are_narrowed_by_the_state_of_any_part(browser, ada):
    sent, arrived, gone, waiting = (an_order(ada) for _ in range(4))
    shipped(sent.seller_orders[0])
    delivered(arrived.seller_orders[0])
    part = gone.seller_orders[0]
    cancel(part, {part.lines[0].id: 2})

    assert shown(browser, state="shipped") == [sent.number]
    assert shown(browser, state="delivered") == [arrived.number]
    assert shown(browser, state="canceled") == [gone.number]
    assert shown(browser, state="preparing") == [waiting.number]


def test_orders_are_narrowed_by_days_both_included(browser, ada):
    order = an_order(ada)
    check_deferred_constraints()
    moment = datetime(2026, 3, 14, 23, 59, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE orders_order SET placed_at = %s", [moment])
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert shown(browser, since="2026-03-14", until="2026-03-14") == [order.number]
    assert shown(browser, since="2026-03-15") == []
    assert shown(browser, until="2026-03-13") == []


def test_nobody_elses_orders_are_found(browser):
    eves = an_order(make_user())
    assert shown(browser) == []
    assert shown(browser, q=eves.number) == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "nonsense"}, {"since": "2026-03-15", "until": "2026-03-14"}, {"state": "nope"},
        {"q": "x" * 500}, {"until": "99999-01-01"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_and_kept(browser, ada, query):
    an_order(ada)

    answer = browser.get(LIST, query)

    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    if "q" not in query:
        assert len(answer.context["orders"]) == 1


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "2"])
def test_a_page_that_is_not_there_is_the_nearest(browser, ada, page):
    an_order(ada)
    assert len(shown(browser, page=page)) == 1


def test_the_last_day_of_the_calendar_breaks_nothing(browser, ada):
    an_order(ada)
    assert len(shown(browser, until="9999-12-31")) == 1


def test_ten_are_shown_at_a_time_and_the_filter_stays(browser, ada):
    for _ in range(11):
        an_order(ada)

    answer = browser.get(LIST, {"q": "stoneware"})

    assert len(answer.context["orders"]) == 10
    assert "?q=stoneware&amp;page=2" in answer.content.decode()
    assert len(shown(browser, q="stoneware", page=2)) == 1


def test_the_list_asks_as_little_for_ten_as_for_one(browser, ada):
    an_order(ada)
    browser.get(LIST)
    with counted() as one:
        browser.get(LIST, {"q": "stoneware"})
    for _ in range(9):
        an_order(ada)
    with counted() as ten:
        browser.get(LIST, {"q": "stoneware"})

    assert len(ten) == len(one)
