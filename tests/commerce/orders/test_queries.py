import pytest

from commerce.orders import operations, queries
from commerce.orders.types import summary_state
from tests.factories.accounts import make_user
from tests.factories.orders import make_ready_cart
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def test_a_whole_order_takes_four_statements_whatever_its_size() -> None:
    counts = []
    for size in (1, 5):
        order = sell(*[Sold(seller=make_seller(), titles=["Mug", "Bowl"]) for _ in range(size)])
        with counted() as statements:
            queries.order(token=order.token)
        counts.append(len(statements))

    assert counts == [4, 4]


def test_lists_of_orders_take_as_many_statements_for_one_as_for_three() -> None:
    user, seller = make_user(), make_seller()
    counts = []
    for _ in range(3):
        sell(Sold(seller=seller), Sold(seller=make_seller()), user_id=user.pk)
        with counted() as statements:
            queries.orders_of_user(user_id=user.pk)
            queries.seller_orders(seller_id=seller.pk)
        counts.append(len(statements))

    assert counts == [5, 5, 5]


def test_a_shopper_sees_only_own_orders_newest_first() -> None:
    user, other = make_user(), make_user()
    first = sell(Sold(seller=make_seller()), user_id=user.pk)
    second = sell(Sold(seller=make_seller()), user_id=user.pk)
    foreign = sell(Sold(seller=make_seller()), user_id=other.pk)

    mine = queries.orders_of_user(user_id=user.pk)

    assert [order.number for order in mine] == [second.number, first.number]
    assert queries.order_of_user(user_id=user.pk, number=foreign.number) is None
    found = queries.order_of_user(user_id=user.pk, number=first.number.lower())
    assert found is not None
    assert found.token == first.token


def test_a_seller_sees_only_own_parts() -> None:
    mine, theirs = make_seller(), make_seller()
    order = sell(Sold(seller=mine), Sold(seller=theirs))
    own, foreign = order.seller_orders

    assert [part.id for part in queries.seller_orders(seller_id=mine.pk)] == [own.id]
    assert queries.seller_order(seller_id=mine.pk, number=foreign.number) is None
    with counted() as statements:
        assert queries.count_seller_orders(seller_id=mine.pk) == {"confirmed": 1}
    assert "GROUP BY" in statements[0]


def test_a_seller_does_not_see_what_is_not_paid(double: object) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    order = queries.order(token=placed.order_token)
    assert order is not None

    [seller_id] = ready.sellers
    assert queries.seller_orders(seller_id=seller_id) == []
    assert queries.seller_order(seller_id=seller_id, number=order.seller_orders[0].number) is None


def test_the_history_tells_every_move_in_order() -> None:
    order = sell(Sold(seller=make_seller()))
    [part] = order.seller_orders
    operations.advance(seller_order_id=part.id, to_state="processing")

    again = queries.order(token=order.token)

    assert again is not None
    assert [(event.seller_order_id, event.to_state) for event in again.events] == [
        (None, "pending"),
        (part.id, "pending"),
        (None, "confirmed"),
        (part.id, "confirmed"),
        (part.id, "processing"),
    ]


@pytest.mark.parametrize(
    ("state", "parts", "told"),
    [
        ("pending", ["pending"], "pending"),
        ("canceled", ["canceled"], "canceled"),
        ("confirmed", ["confirmed", "confirmed"], "confirmed"),
        ("confirmed", ["confirmed", "processing"], "confirmed"),
        ("confirmed", ["processing", "processing"], "processing"),
        ("confirmed", ["confirmed", "shipped"], "partly-shipped"),
        ("confirmed", ["partly-shipped"], "partly-shipped"),
        ("confirmed", ["confirmed", "partly-shipped"], "partly-shipped"),
        ("confirmed", ["processing", "delivered"], "partly-shipped"),
        ("confirmed", ["shipped", "delivered"], "shipped"),
        ("confirmed", ["delivered", "delivered"], "delivered"),
        ("confirmed", ["delivered", "canceled"], "delivered"),
        ("confirmed", ["canceled", "canceled"], "canceled"),
        ("confirmed", ["delivered", "returned"], "delivered"),
        ("confirmed", ["returned"], "returned"),
    ],
)
def test_the_shopper_is_told_one_word_of_all_parts(state: str, parts: list[str], told: str) -> None:
    assert summary_state(state, parts) == told
