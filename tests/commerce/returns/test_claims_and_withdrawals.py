"""Claims for what was lost or broken, and the withdrawal that the law gives everybody."""

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.kernel.actor import acting_as
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.orders.types import OrderData, SellerOrderData
from commerce.outbox.models import Event
from commerce.returns import operations, queries
from commerce.returns.models import Case, Policy
from commerce.returns.moves import CASE_MOVES
from commerce.returns.types import Finding, Wish
from tests.commerce.returns.conftest import an_hour_ago, broken, fresh, past
from tests.commerce.returns.test_returning import photo
from tests.factories.fulfillment import delivered, shipped
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def claim(order: OrderData, part: SellerOrderData, reason: str = "lost", **wish: object) -> int:
    units = {part.lines[0].id: 2}
    [case_id] = operations.claim(
        order_token=order.token,
        wish=Wish(units=units, reason=reason, **wish),  # type: ignore[arg-type]
    )
    return case_id


def case(case_id: int):
    return queries.cases(case_ids=[case_id])[case_id]


def long_ago(part: SellerOrderData) -> None:
    past(
        "UPDATE fulfillment_shipment SET shipped_at = now() - interval '9 days'"
        " WHERE seller_order_id = %s",
        part.id,
    )


def test_a_lost_parcel_is_refunded_when_the_seller_grants_it(
    order: OrderData, part: SellerOrderData
) -> None:
    shipped(part)
    long_ago(part)
    case_id = claim(order, part)

    assert operations.answer_claim(seller_id=part.seller_id, case_id=case_id, consent=True)

    assert case(case_id).state == "refunded"
    assert case(case_id).refund == Money(2 * 2500 + 438, "USD")
    assert fresh(part).lines[0].lost_quantity == 2
    assert broken() == []


def test_a_parcel_that_may_still_come_is_not_lost(order: OrderData, part: SellerOrderData) -> None:
    shipped(part)

    with pytest.raises(operations.NotThatMany, match="may still come until"):
        claim(order, part)


def test_damage_needs_a_picture(order: OrderData, part: SellerOrderData) -> None:
    delivered(part)

    with pytest.raises(operations.NotPossible, match="picture"):
        claim(order, part, "damaged")
    assert case(claim(order, part, "damaged", pictures=[photo()])).state == "requested"


def test_an_unanswered_claim_goes_to_staff_who_may_bear_it(
    order: OrderData, part: SellerOrderData
) -> None:
    shipped(part)
    long_ago(part)
    case_id = claim(order, part)
    owed = ledger.balance(code=f"payable:{part.seller_id}", currency="USD")
    past("UPDATE returns_case SET due_at = now() - interval '1 second'")

    operations.decide_due()
    assert case(case_id).state == "escalated"
    with acting_as("user:1"):
        operations.decide_claim(case_id=case_id, consent=True, borne=True, note="Carrier's fault")

    assert case(case_id).state == "refunded"
    assert ledger.balance(code=f"payable:{part.seller_id}", currency="USD") == owed
    assert ledger.balance(code="losses", currency="USD") == 4500
    assert broken() == []


def test_staff_overrides_a_refusal_only_with_a_reason(
    order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    case_id = claim(order, part)
    operations.answer_claim(seller_id=part.seller_id, case_id=case_id, consent=False, note="No")

    with pytest.raises(operations.NotPossible, match="reason"):
        operations.decide_claim(case_id=case_id, consent=True, note="")
    assert operations.decide_claim(case_id=case_id, consent=True, note="Proof") == "refunded"


def test_a_refused_claim_is_not_paid_beside_another(
    order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    refused = claim(order, part)
    operations.answer_claim(seller_id=part.seller_id, case_id=refused, consent=False, note="No")
    second = claim(order, part)
    operations.answer_claim(seller_id=part.seller_id, case_id=second, consent=True)

    with pytest.raises(operations.NotPossible, match="given back"):
        operations.decide_claim(case_id=refused, consent=True, note="Proof")


def withdraw(order: OrderData, units: dict[int, int]) -> int:
    return operations.withdraw(
        order_token=order.token, units=units, name="Ada", email="ada@example.com"
    )


def test_what_was_not_sent_is_withdrawn_from_at_once(
    order: OrderData, part: SellerOrderData
) -> None:
    an_hour_ago(order)

    withdraw(order, {line.id: line.quantity for line in part.lines})

    [one] = queries.cases_of_order(order_id=order.id)
    assert (one.kind, one.basis, one.state) == ("cancel", "withdrawal", "refunded")
    assert one.refund == part.total
    given = orders.adjustments_of(seller_order_ids=[part.id])[part.id]
    assert [each.kind for each in given] == ["withdrawn"]
    assert broken() == []


def test_what_came_is_sent_back_and_refunded_with_its_shipping(
    order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    declared = withdraw(order, {line.id: line.quantity for line in part.lines})
    [one] = queries.cases_of_order(order_id=order.id)
    assert (one.kind, one.state) == ("return", "approved")

    operations.receive(seller_id=part.seller_id, case_id=one.id)
    found = {line.id: Finding(condition="new", accepted=3, put_back=3) for line in part.lines}
    operations.inspect(seller_id=part.seller_id, case_id=one.id, findings=found)

    assert case(one.id).refund == part.total
    receipt = queries.withdrawal(withdrawal_id=declared)
    assert receipt is not None
    assert "3 × Mug" in receipt.statement
    assert receipt.declared_at is not None
    assert Event.objects.filter(name="returns.withdrawal-declared.v1").count() == 1
    assert broken() == []


def test_a_withdrawal_can_be_neither_refused_nor_declined(
    order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    withdraw(order, {part.lines[0].id: 1})
    [one] = queries.cases_of_order(order_id=order.id)
    operations.receive(seller_id=part.seller_id, case_id=one.id)

    with pytest.raises(operations.NotPossible, match="cannot be declined"):
        operations.inspect(
            seller_id=part.seller_id,
            case_id=one.id,
            findings={part.lines[0].id: Finding(condition="damaged", accepted=1, put_back=0)},
            decline=True,
            note="Worn",
        )


def test_a_stricter_policy_does_not_shorten_it(order: OrderData, part: SellerOrderData) -> None:
    delivered(part)
    Policy.objects.create(name="strict", seller_id=part.seller_id, days=14)
    past("UPDATE orders_sellerorder SET delivered_at = now() - interval '13 days 23 hours'")

    assert withdraw(order, {part.lines[0].id: 1})


@pytest.mark.parametrize("why", ["late", "exempt"])
def test_it_ends_with_the_fortnight_and_leaves_out_what_the_law_does(
    order: OrderData, part: SellerOrderData, why: str
) -> None:
    delivered(part)
    if why == "late":
        past("UPDATE orders_sellerorder SET delivered_at = now() - interval '15 days'")
    else:
        Policy.objects.create(name="x", exempt_because="made to measure")

    with pytest.raises(operations.NotThatMany):
        withdraw(order, {part.lines[0].id: 1})


def test_a_declaration_stays_as_it_was_made(order: OrderData, part: SellerOrderData) -> None:
    withdraw(order, {part.lines[0].id: 1})

    for statement in ["UPDATE returns_withdrawal SET name = 'x'", "DELETE FROM returns_withdrawal"]:
        with (
            pytest.raises(DatabaseError, match="stays as it was asked"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def run(statement: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("kind", list(CASE_MOVES))
def test_the_database_lets_a_case_move_only_along_its_graph(
    order: OrderData, part: SellerOrderData, kind: str
) -> None:
    an_hour_ago(order)
    [case_id] = operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 1}))
    check_deferred_constraints()
    past("UPDATE returns_case SET due_at = NULL, kind = %s", kind)
    states = [state.value for state in Case.State]
    allowed = set()
    for before in states:
        past(
            "UPDATE returns_case SET state = %s, due_at ="
            " CASE WHEN %s IN ('approved', 'sent', 'received') THEN now() END",
            *(before, before),
        )
        for after in states:
            try:
                with transaction.atomic():
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE returns_case SET state = %s, version = version + 1,"
                            " due_at = NULL WHERE id = %s",
                            [after, case_id],
                        )
                    allowed.add((before, after))
                    transaction.set_rollback(True)
            except DatabaseError:
                continue
    assert allowed == {(a, b) for a, to in CASE_MOVES[kind].items() for b in to}
    past("UPDATE returns_case SET state = 'closed', due_at = NULL")


def test_the_database_refunds_no_case_without_its_adjustment(
    order: OrderData, part: SellerOrderData
) -> None:
    an_hour_ago(order)
    operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 1}))

    with pytest.raises(DatabaseError, match="its money and its state disagree"):
        run("UPDATE returns_case SET state = 'refunded', version = version + 1, due_at = NULL")


def test_the_database_keeps_units_out_of_a_second_case(
    order: OrderData, part: SellerOrderData
) -> None:
    an_hour_ago(order)
    ids = operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 2}))

    with pytest.raises(DatabaseError, match="in another case"):
        run(
            "INSERT INTO returns_caseline (case_id, order_line_id, quantity, condition,"
            " accepted_quantity, put_back_quantity) VALUES (%s, %s, 4, '', 0, 0)",
            ids[0],
            part.lines[1].id,
        )
