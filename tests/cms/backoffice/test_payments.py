"""Staff decide about payments: with a reason, once, and never by another payment's refund."""

import pytest

from commerce.payments import operations as payments
from commerce.payments.models import Decision, Payment, Refund
from tests.commerce.payments.test_refunds import request
from tests.factories.payments import make_attempt, make_captured
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def failed_refund(key="r:1"):
    refund_id = request(make_captured().id, 500, key)
    Refund.objects.filter(pk=refund_id).update(state="failed", last_error="lost_or_stolen_card")
    return Refund.objects.get(pk=refund_id)


def address(payment_id):
    return f"/admin/office/payments/{payment_id}/"


def test_a_payment_shows_what_differs_and_what_may_be_decided(staff):
    payment = make_attempt()
    payments.hold_for_review(payment_id=payment.id, reason="amount is 4999, not 5000")

    page = staff.get(address(payment.id)).content.decode()

    for words in ("amount is 4999, not 5000", "Take it for the order", "Give the money back"):
        assert words in page


def test_a_failed_refund_is_sent_again(staff):
    refund = failed_refund()
    choice = {"decision": "retry", "refund": refund.pk, "reason": "the shopper has a new card"}

    answer = staff.post(address(refund.payment_id), choice)

    assert answer.status_code == 302
    assert Refund.objects.get().round == 1
    decision = Decision.objects.get()
    assert decision.reason == "the shopper has a new card"
    assert decision.actor.startswith("user:")


def test_a_failed_refund_is_booked_as_paid_otherwise(staff):
    refund = failed_refund()
    choice = {"decision": "settle", "refund": refund.pk, "reason": "bank transfer 17"}

    staff.post(address(refund.payment_id), choice)

    assert Refund.objects.get().state == "settled"


@pytest.mark.parametrize(
    "choice",
    [
        {"decision": "settle", "reason": ""},
        {"decision": "burn", "reason": "x"},
        {"decision": "settle", "reason": "\u0000"},
        {"decision": "settle", "reason": "x", "refund": "99999999999999999999999"},
        {"decision": "accept", "reason": "not in review"},
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(staff, choice):
    refund = failed_refund()

    answer = staff.post(address(refund.payment_id), {"refund": refund.pk} | choice)

    assert answer.status_code in (400, 422)
    assert Refund.objects.get().state == "failed"


def test_another_payments_refund_is_not_decided_here(staff):
    refund, other = failed_refund(), failed_refund("r:2")
    choice = {"decision": "settle", "refund": other.pk, "reason": "wrong page"}

    assert staff.post(address(refund.payment_id), choice).status_code == 404
    assert staff.get(address(4711)).status_code == 404


def test_who_lacks_the_right_sees_and_decides_nothing():
    refund = failed_refund()
    editor = staff_client(EDITORS)
    choice = {"decision": "settle", "refund": refund.pk, "reason": "mine"}

    assert editor.get(address(refund.payment_id)).status_code in (302, 403, 404)
    editor.post(address(refund.payment_id), choice)

    assert Refund.objects.get().state == "failed"
    assert Payment.objects.get().refunded_minor == 500
