"""What the database refuses of orders, whoever asks: raw SQL, bulk updates, a shortcut."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from commerce.orders.models import Order, OrderEvent, SellerOrder
from commerce.orders.moves import ORDER_MOVES, SELLER_ORDER_MOVES
from commerce.orders.types import OrderData
from commerce.payments.models import Payment
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db

ORDER_STATES = [state.value for state in Order.State]
PART_STATES = [state.value for state in SellerOrder.State]


@pytest.fixture
def order() -> OrderData:
    return sell(Sold(seller=make_seller()), Sold(seller=make_seller(), titles=["Bowl", "Cup"]))


def run(statement: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def put(table: str, pk: int, state: str) -> None:
    """Set a state past every guard, to look at what may follow it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [state, pk])  # noqa: S608
        cursor.execute("SET LOCAL session_replication_role = origin")


def moves(table: str, states: list[str], pk: int) -> set[tuple[str, str]]:
    """Return the moves that the database lets through."""
    allowed = set()
    for before in states:
        put(table, pk, before)
        for after in states:
            try:
                with transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute(
                            f"UPDATE {table} SET state = %s, version = version + 1"  # noqa: S608
                            " WHERE id = %s",
                            [after, pk],
                        )
                    allowed.add((before, after))
                    transaction.set_rollback(True)
            except DatabaseError:
                continue
    return allowed


def pairs(graph: dict[str, tuple[str, ...]]) -> set[tuple[str, str]]:
    return {(before, after) for before, afters in graph.items() for after in afters}


def test_an_order_moves_only_along_its_graph(order: OrderData) -> None:
    assert moves("orders_order", ORDER_STATES, order.id) == pairs(ORDER_MOVES)
    put("orders_order", order.id, "confirmed")


def test_a_sellers_part_moves_only_along_its_graph(order: OrderData) -> None:
    part = order.seller_orders[0].id
    run("UPDATE orders_orderline SET canceled_quantity = quantity")

    assert moves("orders_sellerorder", PART_STATES, part) == pairs(SELLER_ORDER_MOVES)
    put("orders_sellerorder", part, "confirmed")


def test_a_move_advances_the_version_by_exactly_one(order: OrderData) -> None:
    part = order.seller_orders[0].id
    for step in (0, 2, -1):
        with pytest.raises(DatabaseError, match="version"):
            run(
                "UPDATE orders_sellerorder SET state = 'processing', version = version + %s"
                " WHERE id = %s",
                step,
                part,
            )
    with pytest.raises(DatabaseError, match="version"):
        run("UPDATE orders_order SET version = version + 1 WHERE id = %s", order.id)


def test_each_move_leaves_one_event_with_its_actor(order: OrderData) -> None:
    part = order.seller_orders[0].id
    run("SELECT set_config('stoa.actor', 'user:7', true)")
    run(
        "UPDATE orders_sellerorder SET state = 'processing', version = version + 1 WHERE id = %s",
        part,
    )

    events = OrderEvent.objects.filter(seller_order_id=part).order_by("version")

    assert [(e.version, e.from_state, e.to_state, e.actor) for e in events] == [
        (0, "", "pending", "system"),
        (1, "pending", "confirmed", "system"),
        (2, "confirmed", "processing", "user:7"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders_order SET total_minor = 0, goods_minor = 0, tax_minor = 0,"
        " shipping_minor = 0",
        "UPDATE orders_order SET currency = 'EUR'",
        "UPDATE orders_order SET token = 'mine' || id",
        "UPDATE orders_sellerorder SET commission_minor = 0",
        "UPDATE orders_sellerorder SET seller_id = seller_id",
        "UPDATE orders_orderline SET title = 'Other'",
        "UPDATE orders_orderline SET quantity = quantity + 1",
        "UPDATE orders_orderline SET tax_minor = 0",
        "DELETE FROM orders_orderline",
        "DELETE FROM orders_sellerorder",
        "DELETE FROM orders_order",
        "DELETE FROM orders_orderevent",
        "UPDATE orders_orderevent SET actor = 'nobody'",
        "TRUNCATE orders_orderevent",
        "TRUNCATE orders_order CASCADE",
        "UPDATE orders_orderline SET shipped_quantity = quantity + 1",
        "UPDATE orders_orderline SET canceled_quantity = quantity + 1",
        "UPDATE orders_orderline SET returned_quantity = 1",
    ],
)
def test_what_was_agreed_cannot_be_changed(order: OrderData, statement: str) -> None:
    with pytest.raises(DatabaseError):
        run(statement)


def test_a_line_cannot_be_slipped_into_an_order(order: OrderData) -> None:
    with pytest.raises(DatabaseError, match="not the sum of its lines"):
        run(
            "INSERT INTO orders_orderline (seller_order_id, variant_id, title, sku, options,"
            " image, path, quantity, unit_minor, total_minor, tax_minor, tax_rate_bps, tax_name,"
            " commission_bps, commission_minor, shipped_quantity, canceled_quantity,"
            " returned_quantity)"
            " SELECT seller_order_id, variant_id, title, sku, options, image, path, 1, 5, 5, 0, 0,"
            " '', 0, 0, 0, 0, 0 FROM orders_orderline LIMIT 1"
        )


def test_an_order_is_not_confirmed_without_its_money(order: OrderData) -> None:
    put("orders_order", order.id, "pending")
    Payment.objects.filter(order_token=order.token).update(failure_code="x")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_payment SET captured_minor = captured_minor - 1")
        cursor.execute("SET LOCAL session_replication_role = origin")

    with pytest.raises(DatabaseError, match="is not paid"):
        run(
            "UPDATE orders_order SET state = 'confirmed', version = version + 1 WHERE id = %s",
            order.id,
        )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_payment SET captured_minor = amount_minor")
        cursor.execute("SET LOCAL session_replication_role = origin")
    put("orders_order", order.id, "confirmed")


def test_a_part_does_not_live_in_a_canceled_order(order: OrderData) -> None:
    with pytest.raises(DatabaseError, match="disagree"):
        run(
            "UPDATE orders_order SET state = 'canceled', version = version + 1 WHERE id = %s",
            order.id,
        )


def test_control_without_its_trigger_an_illegal_move_passes(order: OrderData) -> None:
    check_deferred_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_sellerorder DISABLE TRIGGER USER")
    SellerOrder.objects.filter(order_id=order.id).update(state="returned", version=F("version") + 1)

    assert set(SellerOrder.objects.values_list("state", flat=True)) == {"returned"}


def test_the_ground_of_these_tests_is_a_sound_order(order: OrderData) -> None:
    check_deferred_constraints()
