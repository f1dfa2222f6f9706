"""Cancellations: at once within the hour, asked of the seller later, never once it was sent."""

import pytest

from commerce.kernel.actor import acting_as
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import OrderData, SellerOrderData
from commerce.payments.models import Refund
from commerce.returns import deadlines, operations, queries
from commerce.returns.models import Case, CaseEvent
from commerce.returns.types import Wish
from tests.commerce.returns.conftest import an_hour_ago, broken, fresh, on_shelf, past
from tests.factories.fulfillment import shipped

pytestmark = pytest.mark.django_db


def cancel(order: OrderData, units: dict[int, int]) -> list[str]:
    ids = operations.cancel(order_token=order.token, wish=Wish(units=units, note="Sorry"))
    found = queries.cases(case_ids=ids)
    return [found[pk].state for pk in ids]


def ask(order: OrderData, part: SellerOrderData, count: int = 1) -> int:
    an_hour_ago(order)
    units = {part.lines[0].id: count}
    [case_id] = operations.cancel(order_token=order.token, wish=Wish(units=units))
    return case_id


def state_of(case_id: int) -> str:
    return queries.cases(case_ids=[case_id])[case_id].state


def test_within_the_hour_one_line_is_canceled_and_refunded_at_once(
    order: OrderData, part: SellerOrderData
) -> None:
    mug = part.lines[0]

    assert cancel(order, {mug.id: 3}) == ["refunded"]

    assert fresh(part).lines[0].canceled_quantity == 3
    assert fresh(part).state == "confirmed"
    refund = Refund.objects.get()
    assert refund.amount_minor == mug.paid.minor
    assert on_shelf(mug.variant_id) == 8
    assert broken() == []


def test_all_of_it_is_canceled_with_its_shipping(order: OrderData) -> None:
    everything = {line.id: line.quantity for line in order.lines}

    assert cancel(order, everything) == ["refunded", "refunded"]

    now = orders.order(token=order.token)
    assert now is not None
    assert now.state == "canceled"
    assert sum(Refund.objects.values_list("amount_minor", flat=True)) == order.total.minor
    assert broken() == []


def test_after_the_hour_the_seller_is_asked(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)

    assert state_of(case_id) == "requested"
    assert not Refund.objects.exists()
    assert fresh(part).lines[0].canceled_quantity == 0
    assert queries.cases(case_ids=[case_id])[case_id].due_at is not None


def test_a_parcel_under_way_ends_what_is_automatic(order: OrderData, part: SellerOrderData) -> None:
    past(
        "INSERT INTO fulfillment_label (key, seller_id, seller_order_id, state, carrier_name,"
        " service, weight_grams, sizes_mm, origin, destination, currency, most_minor, asked_at,"
        " provider_id, tracker_id, tracking_number, file, problem)"
        " VALUES ('k', %s, %s, 'asked', 'UPS', 'x', 1, '{}', '{}', '{}', 'USD', 1, now(),"
        " '', '', '', '', '')",
        part.seller_id,
        part.id,
    )

    assert cancel(order, {part.lines[0].id: 1}) == ["requested"]


def test_what_was_sent_cannot_be_canceled(order: OrderData, part: SellerOrderData) -> None:
    shipped(part)

    with pytest.raises(operations.NotThatMany, match="it was sent"):
        cancel(order, {part.lines[0].id: 1})


def test_nothing_is_canceled_when_one_of_it_cannot_be(
    order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    shipped(other)

    with pytest.raises(operations.NotThatMany):
        cancel(order, {part.lines[0].id: 1, other.lines[0].id: 1})

    assert fresh(part).lines[0].canceled_quantity == 0


def test_the_seller_grants_it(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part, count=2)

    state = operations.answer_cancellation(seller_id=part.seller_id, case_id=case_id, consent=True)

    assert state == "refunded"
    assert fresh(part).lines[0].canceled_quantity == 2
    assert broken() == []


def test_the_seller_refuses_it_with_a_reason(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)

    def answer(note: str) -> str:
        return operations.answer_cancellation(
            seller_id=part.seller_id, case_id=case_id, consent=False, note=note
        )

    with pytest.raises(operations.NotPossible, match="Say why"):
        answer(" ")
    assert answer("It is engraved already.") == "refused"
    assert queries.cases(case_ids=[case_id])[case_id].answer == "It is engraved already."
    assert not Refund.objects.exists()


def test_another_seller_cannot_answer(
    order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    case_id = ask(order, part)

    with pytest.raises(operations.NotFound):
        operations.answer_cancellation(seller_id=other.seller_id, case_id=case_id, consent=True)


def test_staff_grants_what_the_seller_refused(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)
    operations.answer_cancellation(
        seller_id=part.seller_id, case_id=case_id, consent=False, note="No"
    )

    with acting_as("user:1"):
        assert operations.override_cancellation(case_id=case_id, note="Not engraved") == "refunded"

    event = CaseEvent.objects.filter(case=case_id).latest("version")
    assert (event.actor, event.cause) == ("user:1", "Not engraved")


def test_no_answer_is_a_consent_after_the_deadline(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)
    assert operations.decide_due() == 0

    past("UPDATE returns_case SET due_at = now() - interval '1 second'")

    assert operations.decide_due() == 1
    assert state_of(case_id) == "refunded"
    assert CaseEvent.objects.filter(case=case_id).latest("version").actor == "rule"
    assert operations.decide_due() == 0


def test_a_case_that_cannot_be_decided_keeps_no_other_from_it(
    order: OrderData,
    part: SellerOrderData,
    other: SellerOrderData,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = ask(order, part), ask(order, other)
    decide = deadlines.grant

    def break_on_the_first(case: Case, **terms: str) -> str:
        if case.pk == first:
            raise RuntimeError("a fault")
        return decide(case, **terms)

    monkeypatch.setattr(deadlines, "grant", break_on_the_first)
    past("UPDATE returns_case SET due_at = now() - interval '1 hour'")

    assert operations.decide_due() == 1

    assert (state_of(first), state_of(second)) == ("requested", "refunded")


def test_staff_cannot_grant_what_another_case_is_about(
    order: OrderData, part: SellerOrderData
) -> None:
    refused = ask(order, part, count=3)
    operations.answer_cancellation(
        seller_id=part.seller_id, case_id=refused, consent=False, note="It is packed."
    )
    ask(order, part, count=3)

    with acting_as("user:1"), pytest.raises(operations.NotPossible, match="another case"):
        operations.override_cancellation(case_id=refused, note="Not packed")


def test_what_was_sent_meanwhile_is_overtaken(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)
    shipped(part)

    state = operations.answer_cancellation(seller_id=part.seller_id, case_id=case_id, consent=True)

    assert state == "overtaken"
    assert not Refund.objects.exists()


def test_units_are_asked_about_once(order: OrderData, part: SellerOrderData) -> None:
    ask(order, part, count=2)

    with pytest.raises(operations.NotThatMany) as refused:
        cancel(order, {part.lines[0].id: 2})

    assert refused.value.most == 1


def test_a_seller_cancels_what_it_cannot_deliver(part: SellerOrderData) -> None:
    case_id = operations.cancel_for_seller(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        units={line.id: line.quantity for line in part.lines},
        note="The kiln broke.",
    )

    case = queries.cases(case_ids=[case_id])[case_id]
    assert (case.state, case.basis, case.reason) == ("refunded", "seller", "not-available")
    assert case.refund == part.total
    assert fresh(part).state == "canceled"
    assert broken() == []


def test_a_seller_cancels_nothing_of_anothers(
    part: SellerOrderData, other: SellerOrderData
) -> None:
    with pytest.raises(operations.NotFound):
        operations.cancel_for_seller(
            seller_id=other.seller_id,
            seller_order_id=part.id,
            units={part.lines[0].id: 1},
            note="",
        )


@pytest.mark.parametrize("units", [{}, {0: 1}, {10**15: 1}])
def test_nonsense_is_refused(order: OrderData, units: dict[int, int]) -> None:
    with pytest.raises(operations.NotPossible):
        cancel(order, units)


def test_the_shopper_takes_a_wish_back(order: OrderData, part: SellerOrderData) -> None:
    case_id = ask(order, part)

    operations.close(order_token=order.token, case_id=case_id)

    assert state_of(case_id) == "closed"
    with pytest.raises(operations.NotPossible):
        operations.close(order_token=order.token, case_id=case_id)


def test_choices_tell_what_can_still_be_canceled(order: OrderData, part: SellerOrderData) -> None:
    ask(order, part)

    found = orders.order(token=order.token)
    assert found is not None
    first = queries.choices(order=found)[0]
    assert [choice.most for choice in first.cancel] == [2, 3]
    assert not first.cancels_at_once


def test_money_goes_back_by_unit_share(order: OrderData, part: SellerOrderData) -> None:
    cancel(order, {part.lines[0].id: 1})

    [case] = queries.cases_of_order(order_id=order.id)
    assert case.refund == Money(2500 + 219, "USD")
