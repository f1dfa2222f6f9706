"""Ways to pay that take days: the goods wait as long as was said, and nothing is sent before."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from commerce.checkout import operations, queries
from commerce.inventory.models import Reservation
from commerce.ledger import queries as books
from commerce.orders import queries as orders
from commerce.orders.models import Order, SellerOrder
from commerce.payments import declines
from commerce.payments import operations as payments
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import session_of
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def slow(double: StripeDouble, settings: Any) -> None:
    settings.PAYMENT_METHODS = ["card", "paypal", "us_bank_account"]
    settings.PAYMENT_PERIOD_DAYS = 5
    double.settings(async_delay=30 * 24 * 3600)


def ordered(
    double: StripeDouble, method: str = "us_bank_account", **fields: str
) -> tuple[str, str]:
    """An order that was paid by another method than a card, and its intent."""
    placed = make_ready_cart().place()
    url = str(placed.payment_url)
    double.pay(url, method=method, **fields)
    operations.finalise(order_token=placed.order_token)
    return placed.order_token, str(double.world.store.by_id[session_of(url)]["payment_intent"])


def state(token: str) -> str:
    order = orders.ref(token=token)
    assert order is not None
    return order.state


def test_only_the_methods_of_the_setting_are_offered(double: StripeDouble) -> None:
    placed = make_ready_cart().place()

    session = double.world.store.by_id[session_of(str(placed.payment_url))]

    assert session["payment_method_types"] == ["card", "paypal", "us_bank_account"]


def test_the_methods_of_an_attempt_outlive_a_change_of_the_setting(
    double: StripeDouble, settings: Any
) -> None:
    double.fault("timeout_after", method="POST", path="/v1/checkout/sessions", seconds=0.1)
    placed = make_ready_cart().place()
    settings.PAYMENT_METHODS = ["card"]

    again = operations.retry_payment(order_token=placed.order_token)

    session = double.world.store.by_id[session_of(str(again.payment_url))]
    assert "paypal" in session["payment_method_types"]


@pytest.mark.parametrize(
    ("method", "named"),
    [
        ("paypal", "paypal"),
        ("apple_pay", "apple pay visa 4242"),
        ("google_pay", "google pay visa 4242"),
    ],
)
def test_wallets_and_paypal_confirm_at_once(double: StripeDouble, method: str, named: str) -> None:
    token, _ = ordered(double, method)

    assert state(token) == "confirmed"
    assert Payment.objects.get().method == named


def test_goods_wait_for_the_bank_as_long_as_was_said(double: StripeDouble) -> None:
    token, _ = ordered(double)

    hold = Reservation.objects.get()
    standing = queries.standing(order_token=token)
    assert state(token) == "pending"
    assert standing.with_bank
    assert standing.held_until is not None
    assert abs(hold.expires_at - standing.held_until) < timedelta(minutes=1)
    assert hold.expires_at - hold.created_at > timedelta(days=4, hours=23)


def test_nothing_is_sent_while_the_bank_is_at_work(double: StripeDouble) -> None:
    ordered(double)

    assert SellerOrder.objects.get().state == "pending"
    assert books.balance(code="stripe", currency="USD") == 0


def test_the_order_is_confirmed_when_the_money_is_there(double: StripeDouble) -> None:
    token, intent = ordered(double)
    pass_minutes(3 * 24 * 60)
    double.resolve_payment(intent)

    assert operations.finalise(order_token=token) == "confirmed"
    check_deferred_constraints()


def test_the_order_is_given_up_when_the_bank_refuses(double: StripeDouble) -> None:
    token, intent = ordered(double)
    double.resolve_payment(intent, "failed")

    assert operations.finalise(order_token=token) == "canceled"
    assert Reservation.objects.get().state == "released"
    assert "pay by card" in queries.standing(order_token=token).problem


def test_nobody_waits_longer_than_was_said_and_late_money_goes_back(double: StripeDouble) -> None:
    token, intent = ordered(double)
    pass_minutes(6 * 24 * 60)
    overdue()

    operations.sweep()
    assert state(token) == "canceled"
    assert Reservation.objects.get().state == "released"

    session = Payment.objects.get().provider_session
    double.change_object(intent, status="processing")
    double.resolve_payment(intent)
    operations.settle_session(session_id=str(session))
    payments.send_refunds()

    assert Payment.objects.get().state == "orphan"
    assert books.balance(code="refunds:owed", currency="USD") == 0
    assert Order.objects.get().state == "canceled"


def overdue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.update(pay_by=F("pay_by") - timedelta(days=6))
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_asking_again_does_not_make_the_wait_longer(double: StripeDouble) -> None:
    token, _ = ordered(double)
    before = Payment.objects.get().pay_by

    operations.finalise(order_token=token)

    assert Payment.objects.get().pay_by == before


def test_the_shopper_is_told_until_when_the_goods_wait(
    double: StripeDouble, client: Client
) -> None:
    token, _ = ordered(double)

    page = client.get(reverse("checkout-return", args=[token])).content.decode()

    assert "Your bank is at work" in page
    assert "held for you until" in page
    assert "You need not do anything." in page
    assert "please send the money now" not in page
    assert 'http-equiv="refresh"' not in page


def test_who_may_have_chosen_a_bank_transfer_is_told_to_make_it(
    double: StripeDouble, client: Client, settings: Any
) -> None:
    settings.PAYMENT_METHODS = ["card", "customer_balance"]
    token, _ = ordered(double, "customer_balance")

    page = client.get(reverse("checkout-return", args=[token])).content.decode()

    assert "please send the money now" in page


@pytest.mark.parametrize("method", ["paypal", "card"])
def test_a_refused_payment_says_why_and_can_be_tried_again(
    double: StripeDouble, client: Client, method: str
) -> None:
    placed = make_ready_cart().place()
    fields = {"method": method, "refused": "1"} if method == "paypal" else {}
    double.pay(str(placed.payment_url), card="4000000000000002", **fields)

    page = client.get(reverse("checkout-return", args=[placed.order_token])).content.decode()

    assert "another way to pay" in page
    assert "Go to the payment page" in page


def test_no_message_tells_of_the_card_or_a_banks_suspicion() -> None:
    usual = declines.told("generic_decline")

    assert {declines.told(code) for code in ("stolen_card", "lost_card", "fraudulent")} == {usual}
    assert not any(digit.isdigit() for digit in usual)
    assert declines.told("") == ""


def test_a_guest_pays_by_bank_transfer_to_an_account_of_their_own(
    double: StripeDouble, settings: Any
) -> None:
    settings.PAYMENT_METHODS = ["card", "customer_balance"]

    token, intent = ordered(double, method="customer_balance")

    assert state(token) == "pending"
    customer = double.world.store.by_id[intent]["customer"]
    assert double.world.store.by_id[customer]["email"] == "ada@example.com"
    double.advance(31 * 24 * 3600)
    operations.finalise(order_token=token)
    assert state(token) == "confirmed"


def test_a_double_submit_makes_one_customer_of_a_guest(double: StripeDouble, settings: Any) -> None:
    settings.PAYMENT_METHODS = ["card", "customer_balance"]
    ready = make_ready_cart()
    ready.place()
    ready.place()

    assert len(list(double.world.store.all("customer"))) == 1


def test_without_a_customer_bank_transfers_are_not_offered_but_all_else_is(
    double: StripeDouble, settings: Any
) -> None:
    settings.PAYMENT_METHODS = ["card", "customer_balance"]
    double.fault("500_before", path="/v1/customers", times=None)

    placed = make_ready_cart().place()

    session = double.world.store.by_id[session_of(str(placed.payment_url))]
    assert session["payment_method_types"] == ["card"]


def test_bank_transfers_are_not_offered_where_money_is_only_reserved(
    double: StripeDouble, settings: Any
) -> None:
    settings.PAYMENT_METHODS = ["card", "customer_balance"]
    settings.PAYMENT_ON_SHIPPING = True

    placed = make_ready_cart().place()

    session = double.world.store.by_id[session_of(str(placed.payment_url))]
    assert session["payment_method_types"] == ["card"]
