"""Money that stays reserved until every seller is ready: taken once, for what goes ahead."""

from typing import Any

import pytest

from commerce.checkout import capturing, operations
from commerce.fulfillment import operations as fulfillment
from commerce.gateways import stripe_calls
from commerce.gateways.payments import get_payment_gateway
from commerce.invariants import queries as invariants
from commerce.ledger import queries as books
from commerce.orders import queries as orders
from commerce.orders.operations import Terms, give_goodwill
from commerce.payments import operations as payments
from commerce.payments.models import Payment, Refund
from commerce.payments.queries import as_data
from commerce.payouts.models import Earning
from commerce.returns import operations as returns
from devtools.stripe_double import StripeDouble
from tests.factories.orders import Wanted, make_ready_cart
from tests.factories.reserved import Reserved
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import charges, session_of

pytestmark = pytest.mark.django_db

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def on_shipping(double: StripeDouble, settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


def clean() -> None:
    check_deferred_constraints()
    assert [each for each in invariants.broken() if each.code != "INV25"] == []


def test_an_order_is_confirmed_on_reserved_money_and_nothing_is_booked(
    double: StripeDouble,
) -> None:
    sale = Reserved(double)

    assert sale.order.state == "confirmed"
    assert sale.order.awaits_capture
    assert sale.at_provider()["status"] == "requires_capture"
    assert Payment.objects.get().state == "authorized"
    assert books.balance(code="stripe", currency="USD") == 0
    assert not Earning.objects.exists()
    assert sale.on_hand() == [9, 9, 9]
    clean()


def test_what_goes_ahead_is_taken_once_every_seller_has_answered(double: StripeDouble) -> None:
    sale = Reserved(double)
    sale.promise(0)
    assert sale.settle() == "confirmed"
    assert sale.order.awaits_capture
    sale.cancel(1)
    sale.promise(2)

    assert sale.settle() == "confirmed"

    sale.tell()
    first, given_up, last = sale.order.seller_orders
    assert not sale.order.awaits_capture
    assert given_up.state == "canceled"
    charged = first.total.minor + last.total.minor
    assert sale.at_provider()["amount_received"] == charged
    payment = Payment.objects.get()
    assert (payment.state, payment.captured_minor) == ("captured", charged)
    assert not Refund.objects.exists()
    assert books.balance(code=f"payable:{given_up.seller_id}", currency="USD") == 0
    assert books.balance(code=f"payable:{first.seller_id}", currency="USD") == -first.earning.minor
    assert dict(Earning.objects.values_list("seller_id", "amount_minor")) == {
        first.seller_id: first.earning.minor,
        last.seller_id: last.earning.minor,
    }
    clean()
    sale.ship(0)
    clean()


def test_what_was_reserved_and_not_taken_is_no_refund(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    sale.promise(1)
    sale.cancel(0)
    sale.settle()
    payment = Payment.objects.get()

    assert payments.record_found_refunds(charge_id=str(payment.provider_charge)) == 0

    assert not Refund.objects.exists()
    assert books.balance(code="losses", currency="USD") == 0
    clean()


def test_nothing_is_sent_or_labeled_before_the_money_is_taken(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    sale.promise(0)

    with pytest.raises(fulfillment.NotShippable, match="not charged yet"):
        sale.ship(0)
    part = sale.order.seller_orders[0]
    assert part.state == "processing"


def test_the_provider_is_asked_again_only_when_it_is_due_or_a_seller_answers(
    double: StripeDouble,
) -> None:
    sale = Reserved(double)
    sale.promise(0)
    sale.tell()  # the answer has the payment looked at
    assert operations.sweep() == 1

    assert operations.sweep() == 0

    payment = Payment.objects.get()
    assert payment.check_at == payment.capture_by


def test_an_old_page_that_is_paid_beside_the_order_s_own_is_let_go(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=1)
    own = Payment.objects.get()
    other = Payment.objects.create(
        order_token=own.order_token,
        attempt=2,
        idempotency_key=f"pay:{own.order_token}:2",
        amount_minor=own.amount_minor,
        currency=own.currency,
        terms=own.terms,
    )
    Payment.objects.filter(pk=other.pk).update(state="canceled")
    reserved = double.world.store.by_id[sale.intent]
    seen = get_payment_gateway().retrieve_payment(payment_id=str(reserved["id"]))

    assert capturing.reserve(as_data(own), seen)
    assert not capturing.reserve(as_data(other), seen)


def test_an_order_that_is_canceled_whole_is_never_charged(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    sale.cancel(0, 1)

    assert sale.settle() == "canceled"

    assert sale.at_provider()["status"] == "canceled"
    assert Payment.objects.get().state == "canceled"
    assert books.balance(code="stripe", currency="USD") == 0
    assert sale.on_hand() == [10, 10]
    clean()


def test_a_part_of_a_part_that_is_canceled_is_not_charged(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(minor=999, quantity=3)])
    placed = ready.place()
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    order = orders.order(token=placed.order_token)
    assert order is not None
    part = order.seller_orders[0]
    returns.cancel_for_seller(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        units={part.lines[0].id: 1},
        note="",
    )
    given = orders.adjustments_of(seller_order_ids=[part.id])[part.id]
    fulfillment.promise(seller_id=part.seller_id, seller_order_id=part.id)

    operations.finalise(order_token=placed.order_token)

    payment = Payment.objects.get()
    assert payment.captured_minor == order.total.minor - given[0].refund.minor
    assert given[0].uncharged
    clean()


def test_a_capture_whose_answer_was_lost_is_booked_once(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    sale.promise(0, 1)
    double.fault("500_after", method="POST", path="*/capture")

    sale.settle()
    stripe_calls.breaker.succeeded()

    assert sale.settle() == "confirmed"
    assert not sale.order.awaits_capture
    assert len(charges(double)) == 1
    clean()


def test_what_is_canceled_while_the_money_is_taken_goes_back(double: StripeDouble) -> None:
    sale = Reserved(double)
    sale.promise(0, 1, 2)
    double.fault("500_after", method="POST", path="*/capture")
    sale.settle()
    sale.cancel(1)
    stripe_calls.breaker.succeeded()

    assert sale.settle() == "confirmed"

    given_up = sale.order.seller_orders[1]
    assert Payment.objects.get().captured_minor == sale.order.total.minor
    assert Refund.objects.get().amount_minor == given_up.total.minor
    clean()


def test_a_seller_who_never_answers_does_not_let_the_money_lapse(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    sale.promise(0)
    _pass_days(6)

    assert sale.settle() == "confirmed"

    assert not sale.order.awaits_capture
    assert sale.at_provider()["amount_received"] == sale.order.total.minor
    clean()


def test_money_that_lapsed_is_asked_for_anew_and_nothing_is_sent_before(
    double: StripeDouble,
) -> None:
    sale = Reserved(double)
    sale.cancel(1)
    get_payment_gateway().cancel_payment(payment_id=sale.intent)

    assert sale.settle() == "confirmed"

    assert sale.order.awaits_capture
    with pytest.raises(fulfillment.NotShippable):
        sale.ship(0)
    clean()
    placed = operations.retry_payment(order_token=sale.token)
    assert placed.payment_url
    again = operations.retry_payment(order_token=sale.token)
    assert again.payment_url == placed.payment_url
    double.pay(str(placed.payment_url))
    assert sale.settle() == "confirmed"

    assert not sale.order.awaits_capture
    taken = Payment.objects.get(state="captured")
    parts = sale.order.seller_orders
    assert taken.captured_minor == parts[0].total.minor + parts[2].total.minor
    clean()
    sale.ship(0)


def test_an_order_for_which_no_new_payment_comes_is_given_up(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    double.advance(8 * DAY)
    sale.settle()
    Payment.objects.update(renew_by="2020-01-01T00:00:00Z", check_at="2020-01-01T00:00:00Z")

    operations.sweep()

    assert sale.order.state == "canceled"
    assert sale.on_hand() == [10, 10]
    assert books.balance(code="stripe", currency="USD") == 0
    clean()


def test_nothing_is_asked_for_anew_when_goodwill_paid_for_all_that_lapsed(
    double: StripeDouble,
) -> None:
    sale = Reserved(double, sellers=1)
    [part] = sale.order.seller_orders
    all_of_it = part.total.minor
    give_goodwill(
        seller_order_id=part.id,
        terms=Terms(
            kind="goodwill", business_key="g:1", goodwill_minor=all_of_it, borne_minor=all_of_it
        ),
    )
    get_payment_gateway().cancel_payment(payment_id=sale.intent)

    assert sale.settle() == "confirmed"

    sale.tell()
    assert not sale.order.awaits_capture
    assert Payment.objects.get().renew_by is None
    clean()
    sale.ship(0)


def test_a_page_for_the_new_payment_that_was_lost_twice_is_begun_anew(
    double: StripeDouble,
) -> None:
    """The goods are the order's own: no hold is left that could be extended."""
    sale = Reserved(double, sellers=1)
    get_payment_gateway().cancel_payment(payment_id=sale.intent)
    sale.settle()
    double.fault("500_stored", method="POST", path="/v1/checkout/sessions", times=1)
    assert operations.retry_payment(order_token=sale.token).payment_url is None

    again = operations.retry_payment(order_token=sale.token)

    double.pay(str(again.payment_url))
    assert sale.settle() == "confirmed"
    assert not sale.order.awaits_capture
    clean()


def test_money_given_back_after_review_is_asked_for_anew(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    capture = {"idempotency_key": "elsewhere", "payment_id": sale.intent, "amount_minor": 100}
    get_payment_gateway().capture_payment(**capture)
    sale.settle()
    reviewed = Payment.objects.get(state="review")
    clean()

    operations.resolve_review(payment_id=reviewed.pk, decision="return", reason="too little")

    assert sale.order.awaits_capture
    clean()
    placed = operations.retry_payment(order_token=sale.token)
    double.pay(str(placed.payment_url))
    assert sale.settle() == "confirmed"
    assert not sale.order.awaits_capture
    assert Payment.objects.get(state="captured").amount_minor == sale.order.total.minor
    clean()


def test_an_order_whose_money_went_back_is_given_up_in_the_end(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    capture = {"idempotency_key": "elsewhere", "payment_id": sale.intent, "amount_minor": 100}
    get_payment_gateway().capture_payment(**capture)
    sale.settle()
    reviewed = Payment.objects.get(state="review")
    operations.resolve_review(payment_id=reviewed.pk, decision="return", reason="too little")
    past = "2020-01-01T00:00:00Z"
    Payment.objects.update(renew_by=past, check_at=past)

    operations.sweep()

    assert sale.order.state == "canceled"
    assert sale.on_hand() == [10, 10]
    clean()
    Payment.objects.update(check_at=past)
    operations.sweep()
    assert Payment.objects.get().check_at is None


def test_a_new_payment_in_review_is_waited_for_and_not_asked_twice(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=2)
    get_payment_gateway().cancel_payment(payment_id=sale.intent)
    sale.settle()
    placed = operations.retry_payment(order_token=sale.token)
    url = str(placed.payment_url)
    double.pay(url)
    intent = double.world.store.by_id[session_of(url)]["payment_intent"]
    double.change_object(intent, amount_received=1)
    sale.settle()
    past = "2020-01-01T00:00:00Z"
    Payment.objects.filter(renew_by__isnull=False).update(renew_by=past, check_at=past)

    with pytest.raises(operations.NotPayable):
        operations.retry_payment(order_token=sale.token)
    operations.sweep()

    assert sale.order.state == "confirmed"
    assert Payment.objects.filter(state="review").exists()


def test_the_provider_is_not_asked_for_ever_about_money_that_lapsed(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=1)
    get_payment_gateway().cancel_payment(payment_id=sale.intent)
    sale.settle()
    lapsed = Payment.objects.get()
    placed = operations.retry_payment(order_token=sale.token)
    double.pay(str(placed.payment_url))
    assert sale.settle() == "confirmed"
    Payment.objects.filter(pk=lapsed.pk).update(check_at="2020-01-01T00:00:00Z")

    operations.sweep()

    lapsed.refresh_from_db()
    assert lapsed.check_at is None


def _pass_days(days: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_payment DISABLE TRIGGER capture_agreed")
        cursor.execute(
            "UPDATE payments_payment SET capture_by = capture_by - make_interval(days => %s),"
            " check_at = check_at - make_interval(days => %s)",
            [days, days],
        )
        cursor.execute("ALTER TABLE payments_payment ENABLE TRIGGER capture_agreed")


def test_the_gateway_says_until_when_money_is_reserved(double: StripeDouble) -> None:
    sale = Reserved(double, sellers=1)

    found = get_payment_gateway().retrieve_payment(payment_id=sale.intent)

    assert found.state == "authorized"
    assert found.capture_before is not None
