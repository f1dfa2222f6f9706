"""Orders are found by what people remember of them, and only by those who may."""

import pytest
from django.db import connection

from commerce.orders import finding
from tests.factories.accounts import make_user
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return make_seller()


@pytest.fixture
def part(seller):
    """Ada Brook's order of two bowls, beside somebody else's of something else."""
    sell(Sold(seller=seller, titles=["Oak table"]), email="eve@elsewhere.example")
    order = sell(Sold(seller=seller, titles=["Stoneware bowl, Ø 12"]), email="Ada@example.com")
    return order.seller_orders[0]


def test_a_seller_finds_by_number_sku_title_and_name(seller, part):
    sku = part.lines[0].sku
    for text in (part.number, part.number[:-1], part.number.lower(), sku, sku.lower(),
                 "stoneware bowl", "bowl stone", "BOW"):  # fmt: skip
        assert part.id in finding.part_ids(seller_id=seller.pk, text=text), text
    assert finding.part_ids(seller_id=seller.pk, text="bowl") == [part.id]
    name = part.ship_to["name"].split()[0]
    assert part.id in finding.part_ids(seller_id=seller.pk, text=name)


def test_a_seller_finds_nobody_by_email(seller, part):
    assert finding.part_ids(seller_id=seller.pk, text="ada@example.com") == []


def test_another_sellers_orders_are_not_found(part):
    assert finding.part_ids(seller_id=make_seller().pk, text=part.number) == []
    assert finding.part_ids(seller_id=make_seller().pk, text="bowl") == []


def test_an_unpaid_part_is_found_by_nobody_s_list(seller, part):
    """The list itself leaves unpaid parts out; finding narrows it and never widens it."""
    found = finding.part_ids(seller_id=seller.pk, text="ORD-")
    assert part.id in found


def test_staff_find_by_email_too(part):
    for text in ("ada@example.com", "ADA@exa", part.number, part.order_number, "bowl"):
        assert finding.order_ids(text=text) == [part.order_id], text


def test_a_shopper_finds_among_own_orders_alone(seller):
    ada, eve = make_user(), make_user()
    own = sell(Sold(seller=seller), user_id=ada.pk)
    sell(Sold(seller=seller), user_id=eve.pk)

    assert finding.order_ids(text="stoneware", user_id=ada.pk) == [own.id]


@pytest.mark.parametrize(
    "text",
    ["", " ", "%", "_", "'", "\\", "a' | 'x", "!!", "& |", ":*", "\0", "💥", "x" * 5000, "(", "-",
     "a:b:c <-> d", "' OR 1=1 --", "%%%", "\\%"],
)  # fmt: skip
def test_no_text_breaks_the_search_or_finds_everything(seller, part, text):
    assert finding.part_ids(seller_id=seller.pk, text=text) in ([], [part.id])
    assert finding.order_ids(text=text) == []


CONDITIONS = {
    "orders_by_words_of_name": (
        "orders_order o",
        f"{finding.statements.NAME_WORDS} @@ to_tsquery('simple', %(words)s)",
    ),
    "lines_by_words": (
        "orders_orderline l",
        f"{finding.statements.LINE_WORDS} @@ to_tsquery('simple', %(words)s)",
    ),
    "orders_by_email": ("orders_order o", "lower(o.email) LIKE %(email)s"),
}


@pytest.mark.parametrize("index", CONDITIONS)
def test_every_way_to_find_has_its_index(index):
    """Each alone: how the planner joins depends on what else the tables hold."""
    table, condition = CONDITIONS[index]
    assert condition in finding.statements.FIND_ORDERS
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan", "indexonlyscan"):  # these read any index whole
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(
            f"EXPLAIN SELECT 1 FROM {table} WHERE {condition}",  # noqa: S608
            {"email": "ada%", "words": "'a':*"},
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert index in plan
