import pytest
from django.db import connection

from commerce.invariants import queries as invariants
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.orders import queries
from commerce.orders.types import OrderData, SellerOrderData
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints


@pytest.fixture
def order() -> OrderData:
    """Three mugs and three bowls of one seller, two mugs of another; just ordered."""
    order = sell(
        Sold(seller=make_seller(), quantity=3, titles=["Mug", "Bowl"]), Sold(seller=make_seller())
    )
    for part in order.seller_orders:
        place = inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
        for line in part.lines:
            inventory.set_on_hand(
                variant_id=line.variant_id, location_id=place, on_hand=5, cause="test"
            )
    return order


@pytest.fixture
def part(order: OrderData) -> SellerOrderData:
    return order.seller_orders[0]


@pytest.fixture
def other(order: OrderData) -> SellerOrderData:
    return order.seller_orders[1]


def fresh(part: SellerOrderData) -> SellerOrderData:
    return queries.seller_orders_by_id(seller_order_ids=[part.id])[part.id]


def on_shelf(variant_id: int) -> int:
    return stock.available(variant_ids=[variant_id])[variant_id].available


def broken() -> list[str]:
    check_deferred_constraints()
    return [f"{result.code} {result.rule}" for result in invariants.broken()]


def past(statement: str, *params: object) -> None:
    """Make something older than the guards allow."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def an_hour_ago(order: OrderData) -> None:
    past(
        "UPDATE orders_order SET placed_at = now() - interval '61 minutes' WHERE id = %s", order.id
    )
