"""Finalising: the only door to "paid", whoever knocks and how often."""

from typing import Any

import pytest
from django.db import connection, transaction

from commerce.cart import queries as carts
from commerce.checkout import operations
from commerce.gateways import stripe_calls
from commerce.inventory import operations as stock
from commerce.inventory import queries as inventory
from commerce.ledger import operations as ledger_operations
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from commerce.payments import operations as payments
from commerce.payments import queries as attempts
from commerce.payments.models import Payment, Refund
from commerce.payments.operations import BookedBefore
from commerce.payments.types import PaymentData
from devtools.stripe_double import StripeDouble
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import ReadyCart, Wanted, make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import DECLINED, charges, session_of
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def attempt_of(token: str) -> PaymentData:
    return attempts.of_order(order_tokens=[token])[token][-1]


def place_and_pay(double: StripeDouble, ready: ReadyCart, **card: str) -> str:
    placed = ready.place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url, **card)
    return placed.order_token


def everything_in_the_ledger() -> dict[str, int]:
    return ledger.balances(prefix="", currency="USD")


def test_a_paid_order_is_confirmed_with_all_its_parts(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)], [Wanted()])
    token = place_and_pay(double, ready)

    state = operations.finalise(order_token=token)

    order = orders.order(token=token)
    assert order is not None
    assert (state, order.state, order.status) == ("confirmed", "confirmed", "confirmed")
    assert [part.state for part in order.seller_orders] == ["confirmed", "confirmed"]
    assert order.confirmed_at is not None
    payment = attempt_of(token)
    assert (payment.state, payment.captured_minor) == ("captured", ready.total.minor)
    assert payment.method == "visa 4242"
    assert Payment.objects.get(order_token=token).authorization_code.isdigit()
    check_deferred_constraints()


def test_the_capture_is_booked_to_the_cent(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(minor=2000, quantity=2)], [Wanted(minor=1000)])
    token = place_and_pay(double, ready)

    operations.finalise(order_token=token)

    first, second = ready.sellers
    total = 4000 + 1000 + 1400 + (350 + 61) + (88 + 61)
    fee = attempt_of(token).fee_minor
    assert ready.total.minor == total
    assert fee == round(total * 0.029) + 30
    assert everything_in_the_ledger() == {
        "stripe": total - fee,
        "stripe:fees": fee,
        f"payable:{first}": -(4000 - 400 + 700),
        f"payable:{second}": -(1000 - 100 + 700),
        "commission": -500,
        "tax": -(350 + 61 + 88 + 61),
    }


def test_the_goods_leave_the_shelf(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=3, on_hand=5)])
    token = place_and_pay(double, ready)

    operations.finalise(order_token=token)

    stock_now = inventory.available(variant_ids=ready.variants)[ready.variants[0]]
    assert (stock_now.on_hand, stock_now.reserved) == (2, 0)
    assert [hold.state for hold in inventory.held_by(holder=token)] == ["claimed"]


def test_doing_it_again_changes_nothing(double: StripeDouble) -> None:
    token = place_and_pay(double, make_ready_cart())
    operations.finalise(order_token=token)
    before = everything_in_the_ledger()

    states = [operations.finalise(order_token=token) for _ in range(3)]
    operations.settle_session(session_id=str(attempt_of(token).session_id))

    assert states == ["confirmed"] * 3
    assert everything_in_the_ledger() == before
    assert Event.objects.filter(name="orders.order-confirmed.v1").count() == 1


def test_a_notice_about_what_is_settled_asks_nobody(double: StripeDouble) -> None:
    token = place_and_pay(double, make_ready_cart())
    operations.finalise(order_token=token)
    double.outage("refuse")

    outcome = operations.settle_session(session_id=str(attempt_of(token).session_id))

    assert outcome == "settled before: captured"


def test_an_unpaid_order_stays_pending(double: StripeDouble) -> None:
    placed = make_ready_cart().place()

    assert operations.finalise(order_token=placed.order_token) == "pending"
    assert everything_in_the_ledger() == {}


def test_a_declined_card_leaves_the_page_open_for_another(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url, card=DECLINED)

    assert operations.finalise(order_token=placed.order_token) == "pending"
    assert attempt_of(placed.order_token).failure_code == "generic_decline"

    double.pay(placed.payment_url)
    assert operations.finalise(order_token=placed.order_token) == "confirmed"
    assert len(charges(double)) == 1


def test_who_fails_the_banks_question_may_try_again_and_who_passes_has_paid(
    double: StripeDouble,
) -> None:
    placed = make_ready_cart().place()
    url = str(placed.payment_url)
    _, bank, _ = double.pay(url, "4000002760003184")
    double.post_form(bank, decision="refuse")
    assert operations.finalise(order_token=placed.order_token) == "pending"

    _, bank, _ = double.pay(url, "4000000000003220")
    double.post_form(bank, decision="approve")

    assert operations.finalise(order_token=placed.order_token) == "confirmed"
    assert len(charges(double)) == 1


def test_with_the_provider_away_the_order_waits(double: StripeDouble) -> None:
    token = place_and_pay(double, make_ready_cart())
    double.outage("refuse")

    assert operations.finalise(order_token=token) == "pending"

    double.outage(None)
    stripe_calls.breaker.succeeded()
    assert operations.finalise(order_token=token) == "confirmed"


def test_an_unknown_order_is_named_as_such() -> None:
    with pytest.raises(operations.NoSuchOrder):
        operations.finalise(order_token="nothing")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"amount_received": 1}, "amount is 1, not 2120"),
        ({"currency": "eur"}, "currency is 'EUR', not 'USD'"),
        ({"livemode": True}, "mode is True, not False"),
        ({"client_reference_id": "another"}, "order is another one"),
        ({"metadata": {"attempt": "another"}}, "attempt is another one"),
    ],
)
def test_money_that_is_not_what_was_asked_for_waits_for_staff(
    double: StripeDouble, wrong: dict[str, Any], named: str
) -> None:
    token = place_and_pay(double, make_ready_cart())
    session = str(attempt_of(token).session_id)
    target = session
    if "amount_received" in wrong:
        [charge] = charges(double)
        target = charge["payment_intent"]
    double.change_object(target, **wrong)

    assert operations.finalise(order_token=token) == "review"

    payment = attempt_of(token)
    assert payment.state == "review"
    assert named in payment.review_reason
    assert orders.ref(token=token).state == "pending"  # type: ignore[union-attr]
    assert everything_in_the_ledger() == {}


def test_money_that_cannot_be_booked_confirms_nothing(double: StripeDouble) -> None:
    token = place_and_pay(double, make_ready_cart())
    [charge] = charges(double)
    entries = {"stripe": 1, "tax": -1}
    ledger_operations.post(
        business_key=f"capture:{charge['id']}", kind="wrong", entries=entries, currency="USD"
    )

    with pytest.raises(BookedBefore):
        operations.finalise(order_token=token)

    assert orders.ref(token=token).state == "pending"  # type: ignore[union-attr]
    assert attempt_of(token).state == "created"


def test_an_expired_page_gives_cart_and_stock_back(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    placed = ready.place()
    double.advance(33 * 60)

    assert operations.finalise(order_token=placed.order_token) == "canceled"

    assert carts.find(token=ready.token, user_id=None) == ready.token
    assert inventory.available(variant_ids=ready.variants)[ready.variants[0]].reserved == 0
    assert attempt_of(placed.order_token).state == "canceled"
    check_deferred_constraints()


def test_a_lapsed_hold_is_made_good_from_free_stock(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=3)])
    token = place_and_pay(double, ready)
    lapse(token)
    stock.release_lapsed()

    assert operations.finalise(order_token=token) == "confirmed"
    assert inventory.available(variant_ids=ready.variants)[ready.variants[0]].on_hand == 1


def test_money_for_goods_that_are_gone_goes_back(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=2)])
    token = place_and_pay(double, ready)
    lapse(token)
    stock.release_lapsed()
    stock_up(ready.variants[0], 1)

    assert operations.finalise(order_token=token) == "canceled"
    assert payments.send_refunds() == 1

    payment = attempt_of(token)
    assert (payment.state, payment.refunded_minor) == ("orphan", ready.total.minor)
    [charge] = charges(double)
    assert charge["amount_refunded"] == ready.total.minor
    fee = payment.fee_minor
    assert everything_in_the_ledger() == {"stripe": -fee, "stripe:fees": fee, "refunds:owed": 0}
    assert carts.find(token=ready.token, user_id=None) == ready.token
    check_deferred_constraints()


def test_money_for_a_canceled_order_goes_back_once(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    attempt = attempt_of(placed.order_token)
    operations.paying.give_up(payment=attempt, reason="test", canceled=True, only_unopened=False)
    assert placed.payment_url is not None
    double.pay(placed.payment_url)

    for _ in range(2):
        operations.settle_session(session_id=session_of(placed.payment_url))

    assert Refund.objects.count() == 1
    assert attempt_of(placed.order_token).state == "orphan"


def test_a_notice_about_a_page_whose_address_was_never_recorded_settles_it(
    double: StripeDouble,
) -> None:
    placed = make_ready_cart().place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url)
    with transaction.atomic():
        _forget_the_page(placed.order_token)

    operations.settle_session(session_id=session_of(placed.payment_url))

    assert orders.ref(token=placed.order_token).state == "confirmed"  # type: ignore[union-attr]


def _forget_the_page(order_token: str) -> None:
    """What a process leaves that was killed between the provider's answer and its commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE payments_payment SET provider_session = NULL, payment_url = ''"
            " WHERE order_token = %s",
            [order_token],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_page_of_somebody_elses_is_left_alone(double: StripeDouble) -> None:
    assert operations.settle_session(session_id="cs_test_foreign").startswith("ignored")


def test_a_fee_named_late_is_booked_when_it_comes(double: StripeDouble) -> None:
    double.settings(settlement_delay=3600)
    token = place_and_pay(double, make_ready_cart())
    operations.finalise(order_token=token)
    assert attempt_of(token).fee_minor == 0
    gross = everything_in_the_ledger()["stripe"]

    double.advance(3601)
    charge = str(attempt_of(token).charge_id)
    assert operations.settle_fee(charge_id=charge) == "booked"
    assert operations.settle_fee(charge_id=charge) == "nothing to book"

    fee = attempt_of(token).fee_minor
    assert fee > 0
    balances = everything_in_the_ledger()
    assert (balances["stripe"], balances["stripe:fees"]) == (gross - fee, fee)
    double.settings(settlement_delay=0)


def test_finalising_takes_few_statements_whatever_the_size(double: StripeDouble) -> None:
    counts = []
    for size in (1, 6):
        ready = make_ready_cart(*[[Wanted(), Wanted()] for _ in range(size)])
        token = place_and_pay(double, ready)
        with counted() as statements:
            operations.finalise(order_token=token)
        counts.append(len(statements))

    assert counts == [11, 11]
