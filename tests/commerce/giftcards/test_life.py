"""A bought gift card: one payment, one card, one mail on its day, and what is left goes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.audit.models import Entry
from commerce.checkout import operations as checkout
from commerce.credits import queries as cards
from commerce.credits.models import Credit
from commerce.giftcards import operations, queries
from commerce.giftcards.models import Purchase, PurchaseMove
from commerce.giftcards.types import Buyer
from commerce.invariants import queries as invariants
from commerce.kernel import clock
from commerce.kernel.actor import acting_as
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.notifications.models import Message
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Payment, Refund
from commerce.reconciling import operations as reconciling
from devtools.stripe_double import StripeDouble
from tests.commerce.payments.test_deciding import refund_in_the_dashboard
from tests.factories.giftcards import begin, bought, known, shop_with, tell
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import charges, session_of
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db


def books() -> dict[str, int]:
    return {code: sum_ for code, sum_ in ledger.balances(prefix="", currency="USD").items() if sum_}


def mails(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("pk"))


def code_of(token: str) -> str:
    return cards.code(credit_id=known(token).credit_id or 0)


def test_a_paid_card_is_owed_to_the_cent_and_told_to_its_recipient_alone(
    double: StripeDouble,
) -> None:
    purchase = bought(double)
    tell()

    fee = Payment.objects.get().fee_minor
    assert books() == {"stripe": 5000 - fee, "stripe:fees": fee, "giftcards": -5000}
    code = code_of(purchase.token)
    (gift,), (receipt,) = mails("gift_card"), mails("gift_card_bought")
    assert (gift.recipient, receipt.recipient) == ("noor@example.com", "ada@example.com")
    assert all(code in form and "Happy birthday!" in form for form in (gift.text, gift.html))
    assert not any(code in form for form in (receipt.text, receipt.html, receipt.subject))
    assert cards.by_code(code=code, currency="USD").balance == Money(5000, "USD")
    assert [move.to_state for move in PurchaseMove.objects.order_by("pk")] == ["pending", "paid"]
    check_deferred_constraints()
    assert invariants.broken() == []
    assert reconciling.reconcile(grace=timedelta(0)).breaks == 0


def test_notices_sweeper_and_buyer_together_make_one_card(double: StripeDouble) -> None:
    begun = begin()
    double.pay(str(begun.payment_url))
    session = session_of(str(begun.payment_url))

    assert checkout.settle_session(session_id=session) == "confirmed"
    assert checkout.settle_session(session_id=session) == "settled before: captured"
    assert operations.finalise(token=begun.token) == "paid"
    pass_minutes(5)
    checkout.sweep()

    assert Credit.objects.count() == len(charges(double)) == 1
    assert books()["giftcards"] == -5000


def test_the_sweeper_alone_makes_the_card(double: StripeDouble) -> None:
    begun = begin()
    double.pay(str(begun.payment_url))
    pass_minutes(5)

    checkout.sweep()

    assert known(begun.token).state == "paid"


def test_a_second_press_leads_to_the_same_page_and_a_changed_form_to_another(
    double: StripeDouble,
) -> None:
    first, second, other = begin(key="f"), begin(key="f"), begin(6000, key="f")

    assert (first.token, first.payment_url) == (second.token, second.payment_url)
    assert other.token != first.token


def test_pressed_again_when_it_is_paid_it_asks_for_nothing(double: StripeDouble) -> None:
    first = begin(key="f")
    double.pay(str(first.payment_url))

    again = begin(key="f")

    assert (again.token, again.payment_url) == (first.token, None)
    assert Payment.objects.count() == 1


def test_pressed_again_while_a_bank_is_at_work_it_leads_to_where_it_stands(
    double: StripeDouble,
) -> None:
    first = begin(key="f")
    payments.mark_processing(payment_id=Payment.objects.get().pk)

    assert (begin(key="f").token, begin(key="f").payment_url) == (first.token, None)
    assert Payment.objects.count() == 1


def test_money_that_comes_after_it_was_given_up_goes_back(double: StripeDouble) -> None:
    begun = begin()
    url = str(begun.payment_url)
    double.pay(url)
    payment = Payment.objects.get()
    payments.close(payment_id=payment.pk, canceled=True)
    Purchase.objects.update(state="canceled", ended_at=payment.created_at)

    assert checkout.settle_session(session_id=session_of(url)) == "canceled"
    payments.send_refunds()
    tell()

    assert Credit.objects.count() == 0
    assert Payment.objects.get().state == "orphan"
    assert Refund.objects.get().state == "succeeded"
    fee = Payment.objects.get().fee_minor
    assert books() == {"stripe": -fee, "stripe:fees": fee}
    assert "no card was made" in mails("gift_card_refunded")[0].text
    assert invariants.broken() == []


def test_other_money_than_asked_for_waits_for_a_person(double: StripeDouble) -> None:
    begun = begin()
    double.pay(str(begun.payment_url))
    intent = double.world.store.by_id[session_of(str(begun.payment_url))]["payment_intent"]
    double.change_object(intent, amount_received=1)

    assert operations.finalise(token=begun.token) == "pending"
    payment = Payment.objects.get()
    assert payment.state == "review"

    double.change_object(intent, amount_received=5000)
    with acting_as("user:7"):
        checkout.resolve_review(payment_id=payment.pk, decision="accept", reason="looked")
    assert known(begun.token).state == "paid"


def test_what_was_reviewed_can_be_given_back(double: StripeDouble) -> None:
    begun = begin()
    double.pay(str(begun.payment_url))
    intent = double.world.store.by_id[session_of(str(begun.payment_url))]["payment_intent"]
    double.change_object(intent, amount_received=1)
    operations.finalise(token=begun.token)
    double.change_object(intent, amount_received=5000)

    with acting_as("user:7"):
        checkout.resolve_review(
            payment_id=Payment.objects.get().pk, decision="return", reason="odd"
        )
    payments.send_refunds()

    assert known(begun.token).state == "canceled"
    assert Refund.objects.get().state == "succeeded"
    assert invariants.broken() == []


def test_whoever_turns_back_has_bought_nothing_and_may_begin_anew(double: StripeDouble) -> None:
    begun = begin(key="f")

    assert operations.abandon(token=begun.token) == "canceled"
    assert begin(key="f").token != begun.token


def test_a_provider_that_is_away_costs_nothing(double: StripeDouble) -> None:
    double.outage()
    begun = begin()
    assert begun.payment_url is None
    double.outage(None)

    from commerce.gateways import stripe_calls

    stripe_calls.breaker.succeeded()
    assert operations.retry_payment(token=begun.token).payment_url


def test_the_code_is_mailed_on_its_day_and_not_before(double: StripeDouble) -> None:
    later = clock.now().date() + timedelta(days=3)
    purchase = bought(double, deliver_on=later)
    tell()
    assert (operations.send_due(), mails("gift_card")) == (0, [])
    assert Credit.objects.get().expires_at.date() > later + timedelta(days=1000)

    asleep("UPDATE giftcards_purchase SET deliver_on = current_date")
    assert (operations.send_due(), operations.send_due()) == (1, 0)
    tell()

    assert len(mails("gift_card")) == 1
    assert known(purchase.token).delivered_at is not None


@pytest.mark.parametrize("minor", [900, 50_001, 0])
def test_an_amount_outside_the_limits_is_refused(double: StripeDouble, minor: int) -> None:
    with pytest.raises(operations.AmountRefused):
        begin(minor)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_day_that_is_over_or_too_far_is_refused(double: StripeDouble, days: int) -> None:
    with pytest.raises(operations.DayRefused):
        begin(deliver_on=clock.now().date() + timedelta(days=days))


def test_one_buyer_gets_only_so_much_a_day(double: StripeDouble, settings: Any) -> None:
    settings.GIFT_CARD_DAY_MOST = 9000
    begin(5000)

    with pytest.raises(operations.TooMuchToday):
        begin(5000, sender_email="ADA@example.com")
    begin(5000, sender_email="other@example.com")


def test_one_network_gets_only_so_much_a_day(double: StripeDouble, settings: Any) -> None:
    settings.GIFT_CARD_DAY_MOST_OF_NETWORK = 9000
    buyer = Buyer(principal="net:203.0.113.0/24")
    begin(5000, buyer=buyer)

    with pytest.raises(operations.TooMuchToday):
        begin(5000, buyer=buyer, sender_email="other@example.com")


def test_what_is_left_goes_back_once_and_the_card_is_void(double: StripeDouble) -> None:
    purchase = bought(double)
    code = code_of(purchase.token)
    spent = shop_with(code).minor
    left = Money(5000 - spent, "USD")

    assert operations.refund(token=purchase.token, reason="changed my mind") == left
    assert operations.refund(token=purchase.token, reason="again") == left
    payments.send_refunds()
    tell()

    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=code, currency="USD")
    assert Refund.objects.get().amount_minor == left.minor
    assert "giftcards" not in books()
    assert f"${left.decimal}" in mails("gift_card_refunded")[0].subject
    assert [move.to_state for move in PurchaseMove.objects.order_by("pk")][-1] == "refunded"
    check_deferred_constraints()
    assert invariants.broken() == []


def test_nothing_goes_back_while_an_order_holds_money_of_the_card(double: StripeDouble) -> None:
    purchase = bought(double, 1500)
    shop_with(code_of(purchase.token))

    with pytest.raises(operations.NotRefundable, match="order that is being paid"):
        operations.refund(token=purchase.token, reason="x")

    checkout.abandon(order_token=Order.objects.get().token)
    assert operations.refund(token=purchase.token, reason="x") == Money(1500, "USD")


def test_the_buyer_can_withdraw_for_some_days_and_staff_for_ever(double: StripeDouble) -> None:
    purchase = bought(double)
    asleep("UPDATE giftcards_purchase SET paid_at = paid_at - interval '15 days'")

    with pytest.raises(operations.NotRefundable):
        operations.refund(token=purchase.token, reason="x")
    assert queries.standing(purchase=known(purchase.token)).withdraw_until is None
    operations.refund(token=purchase.token, reason="kindness", in_time=False)


def test_a_mail_that_went_astray_is_sent_anew_with_another_code(double: StripeDouble) -> None:
    purchase = bought(double)
    tell()
    before = code_of(purchase.token)

    operations.resend(purchase_id=purchase.id, email="noor@right.example")
    tell()

    after = code_of(purchase.token)
    assert after != before
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=before, currency="USD")
    assert [m.recipient for m in mails("gift_card")] == ["noor@example.com", "noor@right.example"]
    assert after in mails("gift_card")[1].text
    assert Entry.objects.filter(action="gift_card.resent").count() == 1
    check_deferred_constraints()


def test_sent_again_to_the_same_address_the_code_stays(double: StripeDouble) -> None:
    purchase = bought(double)
    before = code_of(purchase.token)

    operations.resend(purchase_id=purchase.id, email="noor@example.com")
    tell()

    assert code_of(purchase.token) == before
    assert mails("gift_card_readdressed") == []


@pytest.mark.parametrize("days", [0, 3])
def test_its_buyer_is_told_each_time_that_staff_send_a_card_elsewhere(
    double: StripeDouble, days: int
) -> None:
    day = clock.now().date() + timedelta(days=days) if days else None
    purchase = bought(double, deliver_on=day)
    tell()
    for email in ("mallory@right.example", "noor@example.com"):
        operations.resend(purchase_id=purchase.id, email=email)
        tell()

    told = mails("gift_card_readdressed")
    assert [mail.recipient for mail in told] == ["ada@example.com"] * 2
    assert all("m…@right.example" in form for form in (told[0].text, told[0].html))
    assert "mallory" not in told[0].text + told[0].html
    assert ("another code" in told[0].text) is (days == 0)
    assert code_of(purchase.token) not in told[0].text + told[1].text
    details = [entry.details for entry in Entry.objects.filter(action="gift_card.resent")]
    assert details == [{"another_address": True}] * 2


def test_a_disputed_card_is_blocked_and_taken_back_when_it_is_lost(double: StripeDouble) -> None:
    purchase = bought(double)
    spent = shop_with(code_of(purchase.token)).minor
    opened = double.open_dispute(str(Payment.objects.get().provider_charge))
    payments.look_at_dispute(provider_dispute=opened["id"])
    tell()
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=code_of(purchase.token), currency="USD")
    with pytest.raises(operations.NotRefundable, match="bank"):
        operations.refund(token=purchase.token, reason="x")

    double.close_dispute(opened["id"], "lost")
    payments.look_at_dispute(provider_dispute=opened["id"])
    tell()

    left = books()
    assert (left["losses"], left.get("giftcards", 0), left.get("disputes", 0)) == (spent, 0, 0)
    check_deferred_constraints()
    assert invariants.broken() == []


def test_a_dispute_that_is_won_sets_the_card_free(double: StripeDouble) -> None:
    purchase = bought(double)
    opened = double.open_dispute(str(Payment.objects.get().provider_charge))
    payments.look_at_dispute(provider_dispute=opened["id"])
    tell()
    double.close_dispute(opened["id"], "won")
    payments.look_at_dispute(provider_dispute=opened["id"])
    tell()

    assert cards.by_code(code=code_of(purchase.token), currency="USD").balance.minor == 5000


def test_a_card_that_was_given_back_in_the_dashboard_is_void(double: StripeDouble) -> None:
    purchase = bought(double)
    code = code_of(purchase.token)
    refund_in_the_dashboard(double, Payment.objects.get(), 5000)
    payments.record_found_refunds(charge_id=str(Payment.objects.get().provider_charge))

    tell()

    assert (known(purchase.token).state, known(purchase.token).refunded.minor) == ("refunded", 5000)
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=code, currency="USD")
    fee = Payment.objects.get().fee_minor
    assert books() == {"stripe": -fee, "stripe:fees": fee}
    assert len(mails("gift_card_refunded")) == 1
    check_deferred_constraints()
    assert invariants.broken() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE giftcards_purchase SET amount_minor = 1",
        "UPDATE giftcards_purchase SET credit_id = NULL",
        "UPDATE giftcards_purchase SET state = 'canceled', ended_at = now()",
        "DELETE FROM giftcards_purchase",
        "UPDATE giftcards_purchasemove SET actor = 'x'",
        "UPDATE credits_credit SET code_hash = 'abc'",
    ],
)
def test_what_was_bought_cannot_be_rewritten(double: StripeDouble, statement: str) -> None:
    bought(double)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def asleep(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # with the guards asleep
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")
