"""Units taken back and their money given back: exact, once, and booked on whom it falls."""

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.invariants import queries as invariants
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import operations, queries
from commerce.orders.models import Adjustment, AdjustmentLine, SellerOrder
from commerce.orders.operations import Terms
from commerce.orders.types import OrderData, SellerOrderData
from commerce.outbox.models import Event
from commerce.payments.models import Refund
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> OrderData:
    """Seven units for 33.33 USD each beside a bowl, and another seller's part."""
    return sell(
        Sold(seller=make_seller(), unit_minor=3333, quantity=7, titles=["Mug", "Bowl"]),
        Sold(seller=make_seller()),
    )


@pytest.fixture
def part(order: OrderData) -> SellerOrderData:
    return order.seller_orders[0]


def cancel(part: SellerOrderData, units: dict[int, int], key: str = "c1"):
    return operations.cancel_units(
        seller_order_id=part.id, units=units, terms=Terms(kind="canceled", business_key=key)
    )


def fresh(part: SellerOrderData) -> SellerOrderData:
    return queries.seller_orders_by_id(seller_order_ids=[part.id])[part.id]


def broken() -> list[str]:
    check_deferred_constraints()
    return [f"{result.code} {result.rule}" for result in invariants.broken()]


def test_canceled_units_give_back_their_price_and_tax(part: SellerOrderData) -> None:
    line = part.lines[0]

    given = cancel(part, {line.id: 2})

    assert given.goods == Money(6666, "USD")
    assert given.tax == Money(584, "USD")  # 2041 over seven units: 292 + 292
    assert given.refund == Money(7250, "USD")
    assert given.shipping == Money(0, "USD")
    assert fresh(part).lines[0].canceled_quantity == 2
    assert fresh(part).state == "confirmed"
    assert broken() == []


def test_unit_by_unit_gives_back_exactly_what_was_paid(part: SellerOrderData) -> None:
    for number in range(7):
        for line in part.lines:
            cancel(part, {line.id: 1}, key=f"c{number}:{line.id}")

    given = queries.adjustments_of(seller_order_ids=[part.id])[part.id]
    assert sum(one.refund.minor for one in given) == part.total.minor
    assert sum(one.seller.minor for one in given) == part.earning.minor
    assert sum(one.commission.minor for one in given) == part.commission.minor
    assert [one.with_shipping for one in given] == [False] * 13 + [True]
    assert fresh(part).state == "canceled"
    assert ledger.balance(code=f"payable:{part.seller_id}", currency="USD") == 0
    assert broken() == []


def test_an_order_is_canceled_with_its_last_part(order: OrderData) -> None:
    for number, part in enumerate(order.seller_orders):
        assert queries.orders(order_ids=[order.id])[order.id].state == "confirmed"
        cancel(part, {line.id: line.quantity for line in part.lines}, key=f"c{number}")

    assert queries.orders(order_ids=[order.id])[order.id].state == "canceled"
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == order.total.minor
    assert broken() == []


def test_the_rest_of_a_part_that_was_partly_sent_is_shipped_when_it_is_canceled(
    part: SellerOrderData,
) -> None:
    mug, bowl = part.lines
    operations.record_shipped(seller_order_id=part.id, quantities={mug.id: 7})

    given = cancel(part, {bowl.id: 7})

    assert not given.with_shipping
    assert fresh(part).state == "shipped"


def test_the_same_key_gives_back_once(part: SellerOrderData) -> None:
    first = cancel(part, {part.lines[0].id: 1})

    assert cancel(part, {part.lines[0].id: 1}) == first
    assert Refund.objects.count() == 1
    assert fresh(part).lines[0].canceled_quantity == 1


def test_its_fact_is_told_with_it(part: SellerOrderData) -> None:
    given = cancel(part, {part.lines[0].id: 1})

    event = Event.objects.get(name="orders.part-adjusted.v1")
    assert event.payload == {
        "adjustment_id": given.id,
        "seller_order_id": part.id,
        "order_id": part.order_id,
    }


@pytest.mark.parametrize("count", [0, -1, 8, 10**12])
def test_more_than_is_open_is_not_canceled(part: SellerOrderData, count: int) -> None:
    with pytest.raises(operations.TakesTooMany) as refused:
        cancel(part, {part.lines[0].id: count})

    assert refused.value.left == 7
    assert not Refund.objects.exists()


def test_what_left_the_house_cannot_be_canceled(part: SellerOrderData) -> None:
    operations.record_shipped(seller_order_id=part.id)

    with pytest.raises(operations.IllegalMove):
        cancel(part, {part.lines[0].id: 1})


def test_another_orders_line_is_refused(part: SellerOrderData) -> None:
    other = sell(Sold(seller=make_seller())).seller_orders[0]

    with pytest.raises(operations.TakesTooMany):
        cancel(part, {other.lines[0].id: 1})


def test_a_part_is_returned_when_all_that_was_sent_came_back(part: SellerOrderData) -> None:
    delivered(part)
    mug, bowl = part.lines

    operations.record_returned(seller_order_id=part.id, units={mug.id: 7})
    assert fresh(part).state == "delivered"
    operations.record_returned(seller_order_id=part.id, units={bowl.id: 7})

    assert fresh(part).state == "returned"


def refund(part: SellerOrderData, units: dict[int, int], **terms: object):
    return operations.refund_units(
        seller_order_id=part.id,
        units=units,
        terms=Terms(kind="returned", business_key="r1", **terms),  # type: ignore[arg-type]
    )


def test_what_did_not_come_back_is_not_refunded(part: SellerOrderData) -> None:
    delivered(part)

    with pytest.raises(operations.TakesTooMany):
        refund(part, {part.lines[0].id: 1})


def test_what_is_withheld_stays_with_the_seller(part: SellerOrderData) -> None:
    delivered(part)
    operations.record_returned(seller_order_id=part.id, units={part.lines[0].id: 1})

    given = refund(part, {part.lines[0].id: 1}, withheld_minor=1000)

    assert given.refund == Money(3333 + 292 - 1000, "USD")
    assert given.seller == Money(3333 - 334 - 1000, "USD")
    assert broken() == []


def test_what_the_marketplace_bears_costs_the_seller_nothing(part: SellerOrderData) -> None:
    delivered(part)
    operations.record_lost(seller_order_id=part.id, units={part.lines[0].id: 1})
    before = ledger.balance(code=f"payable:{part.seller_id}", currency="USD")

    given = refund(part, {part.lines[0].id: 1}, borne_minor=3333 - 334)

    assert given.seller == Money(0, "USD")
    assert ledger.balance(code="losses", currency="USD") == 2999
    assert ledger.balance(code=f"payable:{part.seller_id}", currency="USD") == before
    assert broken() == []


def test_no_more_is_withheld_than_the_seller_would_lose(part: SellerOrderData) -> None:
    delivered(part)
    operations.record_returned(seller_order_id=part.id, units={part.lines[0].id: 1})

    with pytest.raises(operations.GivesTooMuch) as refused:
        refund(part, {part.lines[0].id: 1}, withheld_minor=3000)

    assert refused.value.left == Money(2999, "USD")


def test_goodwill_takes_nothing_back_and_ends_at_what_was_paid(part: SellerOrderData) -> None:
    def give(minor: int, key: str):
        terms = Terms(kind="goodwill", business_key=key, goodwill_minor=minor, borne_minor=minor)
        return operations.give_goodwill(seller_order_id=part.id, terms=terms)

    given = give(500, "g1")

    assert (given.refund.minor, given.seller.minor, given.borne.minor) == (500, 0, 500)
    with pytest.raises(operations.GivesTooMuch):
        give(part.total.minor - 499, "g2")
    assert broken() == []


@pytest.mark.parametrize("borne", [0, 500])
def test_goodwill_is_not_given_once_more_when_all_of_it_is_canceled(
    part: SellerOrderData, borne: int
) -> None:
    terms = Terms(kind="goodwill", business_key="g", goodwill_minor=500, borne_minor=borne)
    operations.give_goodwill(seller_order_id=part.id, terms=terms)
    everything = {line.id: line.quantity for line in part.lines}
    shown = queries.refund_preview(seller_order_id=part.id, units=everything)

    given = cancel(part, everything)

    assert given.refund == shown == part.total - Money(500, "USD")
    assert (given.advanced.minor, given.recovered.minor) == (500, borne)
    assert fresh(part).state == "canceled"
    assert ledger.balance(code=f"payable:{part.seller_id}", currency="USD") == 0
    assert ledger.balance(code="losses", currency="USD") == 0
    assert broken() == []


def run(statement: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("table", ["orders_adjustment", "orders_adjustmentline"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tax_minor = 0", "DELETE FROM {}"])
def test_what_was_given_back_stays_written(
    part: SellerOrderData, table: str, statement: str
) -> None:
    cancel(part, {part.lines[0].id: 1})

    with pytest.raises(DatabaseError, match="kept for ever"):
        run(statement.format(table))


def write_line(adjustment: Adjustment, line_id: int, **changes: int) -> None:
    values = {
        "quantity": 1,
        "after_quantity": 1,
        "goods_minor": 3333,
        "tax_minor": 292,
        "included_tax_minor": 0,
        "commission_minor": 334,
        "platform_minor": 0,
    }
    with transaction.atomic():
        AdjustmentLine.objects.create(
            adjustment=adjustment, order_line_id=line_id, **(values | changes)
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"goods_minor": 3334},
        {"tax_minor": 291},
        {"commission_minor": 335},
        {"platform_minor": 1},
        {"after_quantity": 0},
        {"after_quantity": 2},
        {"quantity": 2},
    ],
)
def test_the_database_takes_only_the_next_units_exact_share(
    part: SellerOrderData, changes: dict[str, int]
) -> None:
    line = part.lines[0]
    given = cancel(part, {line.id: 1})
    operations.record_shipped(seller_order_id=part.id)
    operations.record_returned(seller_order_id=part.id, units={line.id: 1})
    row = Adjustment.objects.get(pk=given.id)

    with pytest.raises(DatabaseError):
        write_line(row, line.id, **changes)


def test_the_database_refunds_no_unit_that_was_not_taken_back(part: SellerOrderData) -> None:
    given = cancel(part, {part.lines[0].id: 1})

    with pytest.raises(DatabaseError, match="never_refund_more_than_came_back"):
        write_line(Adjustment.objects.get(pk=given.id), part.lines[0].id)


def test_the_database_gives_no_more_back_than_was_paid(part: SellerOrderData) -> None:
    with pytest.raises(DatabaseError, match="does not add up"):
        run(
            "INSERT INTO orders_adjustment (seller_order_id, kind, business_key, reason, actor,"
            " paid_to, with_shipping, goods_minor, shipping_minor, tax_minor, included_tax_minor,"
            " commission_minor, platform_minor, goodwill_minor, withheld_minor, borne_minor,"
            " refund_minor, seller_minor)"
            " VALUES (%s, 'goodwill', 'x', '', 'a', 'method', false, 0, 0, 0, 0, 0, 0, %s, 0, 0,"
            " %s, %s)",
            part.id,
            *[part.total.minor + 1] * 3,
        )


@pytest.mark.parametrize("column", ["canceled", "shipped", "returned", "lost", "refunded"])
def test_what_was_counted_stays_counted(part: SellerOrderData, column: str) -> None:
    line = part.lines[0]
    cancel(part, {line.id: 1})
    operations.record_shipped(seller_order_id=part.id)
    operations.record_returned(seller_order_id=part.id, units={line.id: 2})
    operations.record_lost(seller_order_id=part.id, units={line.id: 1})

    with pytest.raises(DatabaseError, match="stays counted"):
        run(
            f"UPDATE orders_orderline SET {column}_quantity = {column}_quantity - 1"  # noqa: S608
            " WHERE id = %s",
            line.id,
        )


def test_a_move_keeps_its_cause(part: SellerOrderData) -> None:
    operations.cancel_units(
        seller_order_id=part.id,
        units={line.id: line.quantity for line in part.lines},
        terms=Terms(kind="canceled", business_key="c1", reason="changed my mind"),
    )

    order = queries.order(token=part.order_token)
    assert order is not None
    assert order.events[-1].cause == "changed my mind"
    assert SellerOrder.objects.get(pk=part.id).version == 2
