"""No return waits for ever: it lapses, is given to the marketplace's people, or is refunded."""

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.notifications.models import Message
from commerce.orders.types import OrderData, SellerOrderData
from commerce.returns import operations, queries
from commerce.returns.models import Case
from commerce.returns.types import CaseData, Finding, Wish
from commerce.sellers.models import Seller
from tests.commerce.notifications.test_mails import work_off
from tests.commerce.returns.conftest import broken, fresh, on_shelf, past
from tests.commerce.returns.test_returning import photo
from tests.factories.fulfillment import delivered
from tests.factories.sellers import make_member
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _arrived(order: OrderData) -> None:
    for part in order.seller_orders:
        delivered(part)


def asked(part: SellerOrderData, **wish: object) -> int:
    """A return of one unit that the seller approved."""
    [case_id] = operations.request_return(
        order_token=part.order_token,
        wish=Wish(units={part.lines[0].id: 1}, **wish),  # type: ignore[arg-type]
    )
    operations.answer_return(seller_id=part.seller_id, case_id=case_id, consent=True)
    return case_id


def withdrawn(part: SellerOrderData) -> int:
    operations.withdraw(
        order_token=part.order_token, units={part.lines[0].id: 1}, name="Ada", email="a@b.example"
    )
    return Case.objects.get(seller_order=part.id).pk


def case(case_id: int) -> CaseData:
    return queries.cases(case_ids=[case_id])[case_id]


def send(part: SellerOrderData, case_id: int) -> None:
    operations.mark_sent(order_token=part.order_token, case_id=case_id, tracking_number="1Z 9")


def receive(part: SellerOrderData, case_id: int) -> None:
    operations.receive(seller_id=part.seller_id, case_id=case_id)


def wait(case_id: int) -> None:
    """Let its deadline pass, and the rule look."""
    past("UPDATE returns_case SET due_at = now() - interval '1 minute' WHERE id = %s", case_id)
    operations.decide_due()


def subjects() -> list[str]:
    work_off()
    return [subject.split(" (")[0] for subject in Message.objects.values_list("subject", flat=True)]


def test_what_is_not_sent_lapses_and_may_be_asked_for_anew(
    order: OrderData, part: SellerOrderData
) -> None:
    mug = part.lines[0]
    case_id = asked(part, remedy="exchange")
    assert on_shelf(mug.variant_id) == 4

    wait(case_id)

    assert (case(case_id).state, case(case_id).has_lapsed) == ("closed", True)
    assert on_shelf(mug.variant_id) == 5
    assert asked(part)
    assert "Your return has lapsed" in subjects()
    assert broken() == []


def test_the_shopper_is_reminded_once_before_it_lapses(part: SellerOrderData) -> None:
    case_id = asked(part)
    assert operations.remind_due() == 0

    past("UPDATE returns_case SET due_at = now() + interval '6 days' WHERE id = %s", case_id)

    assert (operations.remind_due(), operations.remind_due()) == (1, 0)
    assert subjects().count("Have you sent it back?") == 1


def test_the_seller_is_reminded_of_what_came_back(part: SellerOrderData) -> None:
    make_member(Seller.objects.get(pk=part.seller_id), email="kim@example.com", first_name="Kim")
    case_id = asked(part)
    send(part, case_id)
    receive(part, case_id)

    past("UPDATE returns_case SET due_at = now() + interval '1 day' WHERE id = %s", case_id)
    operations.remind_due()

    assert "A returned parcel waits for you" in subjects()


def test_what_never_arrives_goes_to_staff_who_refund_it(part: SellerOrderData) -> None:
    case_id = asked(part)
    send(part, case_id)
    wait(case_id)
    assert (case(case_id).state, case(case_id).stage) == ("escalated", "sent")
    assert queries.count_escalated() == 1

    assert operations.override_return(case_id=case_id, note="The carrier delivered it.")

    assert case(case_id).state == "refunded"
    assert fresh(part).lines[0].returned_quantity == 1
    assert broken() == []


def test_what_nobody_looks_at_goes_to_staff_who_may_decline_it(part: SellerOrderData) -> None:
    case_id = asked(part, remedy="exchange")
    receive(part, case_id)
    wait(case_id)
    assert (case(case_id).state, case(case_id).stage) == ("escalated", "received")

    operations.override_return(case_id=case_id, note="It is not ours.", consent=False)

    assert case(case_id).state == "declined"
    assert on_shelf(part.lines[0].variant_id) == 5
    assert "Stoa has decided" in subjects()
    assert broken() == []


def test_an_exchange_that_staff_decide_gives_the_money_back(part: SellerOrderData) -> None:
    case_id = asked(part, remedy="exchange")
    receive(part, case_id)
    wait(case_id)

    operations.override_return(case_id=case_id, note="The seller kept silent.")

    assert case(case_id).refund is not None
    assert on_shelf(part.lines[0].variant_id) == 5
    assert broken() == []


def test_the_seller_may_still_take_the_step_that_was_waited_for(part: SellerOrderData) -> None:
    case_id = asked(part)
    send(part, case_id)
    wait(case_id)
    receive(part, case_id)
    assert case(case_id).due_at
    wait(case_id)

    found = {part.lines[0].id: Finding(condition="new", accepted=1, put_back=1)}
    operations.inspect(seller_id=part.seller_id, case_id=case_id, findings=found)

    assert case(case_id).state == "refunded"
    assert broken() == []


def test_the_seller_does_not_answer_what_the_marketplace_has(part: SellerOrderData) -> None:
    case_id = asked(part)
    send(part, case_id)
    wait(case_id)

    with pytest.raises(operations.NotPossible):
        operations.answer_return(seller_id=part.seller_id, case_id=case_id, consent=True)
    with pytest.raises(operations.NotPossible):
        operations.inspect(seller_id=part.seller_id, case_id=case_id, findings={})


def test_a_withdrawal_that_came_back_is_refunded_in_the_time_of_the_law(
    part: SellerOrderData,
) -> None:
    case_id = withdrawn(part)
    past("UPDATE returns_case SET created_at = now() - interval '10 days' WHERE id = %s", case_id)
    receive(part, case_id)
    left = case(case_id).due_at - case(case_id).created_at  # type: ignore[operator]
    assert left.days == 14

    wait(case_id)

    assert case(case_id).state == "refunded"
    assert broken() == []


def test_a_withdrawal_that_nothing_was_sent_of_goes_to_staff(part: SellerOrderData) -> None:
    case_id = withdrawn(part)
    wait(case_id)
    assert (case(case_id).state, case(case_id).stage) == ("escalated", "approved")

    send(part, case_id)
    assert case(case_id).state == "sent"
    receive(part, case_id)
    past("UPDATE returns_case SET state = 'escalated', due_at = NULL WHERE id = %s", case_id)

    with pytest.raises(operations.NotPossible):
        operations.override_return(case_id=case_id, note="No.", consent=False)


def test_the_database_leaves_no_return_without_a_deadline(part: SellerOrderData) -> None:
    case_id = asked(part)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE returns_case SET due_at = NULL WHERE id = %s", [case_id])
    with connection.cursor() as cursor:  # as code from before moves it
        cursor.execute(
            "UPDATE returns_case SET state = 'received', version = version + 1, due_at = NULL"
            " WHERE id = %s",
            [case_id],
        )

    assert case(case_id).due_at is not None


def refused(part: SellerOrderData) -> CaseData:
    [case_id] = operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1})
    )
    operations.answer_return(seller_id=part.seller_id, case_id=case_id, consent=False, note="Worn.")
    return case(case_id)


def appeal_to(one: CaseData) -> str:
    return f"/orders/track/{one.order_token}/requests/{one.number}/appeal/"


def test_a_shopper_asks_the_marketplace_about_a_no(client, part: SellerOrderData) -> None:
    one = refused(part)
    page = client.get(f"/orders/track/{one.order_token}/requests/{one.number}/")
    assert "Ask Stoa to look at it" in page.content.decode()
    empty = client.post(appeal_to(one), {"note": " "})
    assert empty.status_code == 422
    assert "Say what Stoa should know" in empty.content.decode()

    asked_it = client.post(appeal_to(one), {"note": "It was never worn."}, follow=True)
    assert "You asked Stoa about the seller" in asked_it.content.decode()

    staff = staff_client(ADMINISTRATORS)
    shown = staff.get(f"/admin/office/requests/{one.number}/").content.decode()
    assert "It was never worn." in shown
    staff.post(f"/admin/office/requests/{one.number}/", {"note": "It looks new.", "act": "yes"})
    assert case(one.id).state == "approved"
    assert {"Stoa looks at your return", "Please send it back"} <= set(subjects())


def test_what_staff_refused_stays_refused(client, part: SellerOrderData) -> None:
    one = refused(part)
    client.post(appeal_to(one), {"note": "It was never worn."})
    operations.override_return(case_id=one.id, note="It was worn.", consent=False)
    assert case(one.id).state == "refused"

    again = client.post(appeal_to(one), {"note": "But no."})

    assert again.status_code == 422
    assert "Stoa has decided about it already." in again.content.decode()


def test_a_no_stands_after_a_fortnight(client, part: SellerOrderData) -> None:
    one = refused(part)
    past("UPDATE returns_caseevent SET at = at - interval '15 days' WHERE case_id = %s", one.id)

    page = client.get(f"/orders/track/{one.order_token}/requests/{one.number}/")

    assert "Ask Stoa" not in page.content.decode()
    with pytest.raises(operations.NotPossible):
        operations.appeal(order_token=one.order_token, case_id=one.id, note="Late.")


def test_an_appeal_needs_units_that_no_other_case_has(part: SellerOrderData) -> None:
    [case_id] = operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 3})
    )
    operations.answer_return(seller_id=part.seller_id, case_id=case_id, consent=False, note="Worn.")
    asked(part)

    with pytest.raises(operations.NotPossible):
        operations.appeal(order_token=part.order_token, case_id=case_id, note="Please.")


def test_a_replacement_that_does_not_leave_is_asked_for_and_told(part: SellerOrderData) -> None:
    make_member(Seller.objects.get(pk=part.seller_id), email="kim@example.com", first_name="Kim")
    case_id = asked(part, remedy="exchange")
    receive(part, case_id)
    found = {part.lines[0].id: Finding(condition="new", accepted=1, put_back=1)}
    operations.inspect(seller_id=part.seller_id, case_id=case_id, findings=found)
    assert operations.remind_due() == 0

    past("UPDATE returns_caseevent SET at = at - interval '11 days' WHERE case_id = %s", case_id)

    assert (operations.remind_due(), operations.remind_due()) == (1, 0)
    assert "A replacement has not left yet" in subjects()
    assert queries.overdue_replacements() == [(case_id, case(case_id).number)]
    operations.send_replacement(seller_id=part.seller_id, case_id=case_id, tracking_number="1Z")
    assert queries.overdue_replacements() == []


def test_a_refused_claim_is_decided_by_staff_when_the_shopper_asks(part: SellerOrderData) -> None:
    [case_id] = operations.claim(
        order_token=part.order_token,
        wish=Wish(units={part.lines[0].id: 1}, reason="damaged", pictures=[photo()]),
    )
    operations.answer_claim(
        seller_id=part.seller_id, case_id=case_id, consent=False, note="It left whole."
    )

    operations.appeal(order_token=part.order_token, case_id=case_id, note="See the picture.")
    assert (case(case_id).state, case(case_id).stage) == ("escalated", "refused")
    with pytest.raises(operations.NotPossible):
        operations.answer_claim(
            seller_id=part.seller_id, case_id=case_id, consent=False, note="Still no."
        )

    operations.decide_claim(case_id=case_id, consent=True, note="The picture shows it.")
    assert case(case_id).refund is not None
    assert broken() == []
