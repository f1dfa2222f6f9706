"""Orders, ledger and provider agree to the cent, and what differs is found, owned and explained."""

from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.db import DatabaseError, transaction

from commerce.checkout import operations as checkout
from commerce.gateways import stripe_calls
from commerce.ledger import operations as ledger
from commerce.ledger import queries as books
from commerce.orders import queries as orders
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.models import Dispute, Payment, Refund
from commerce.payouts import operations as payouts
from commerce.reconciling import operations
from commerce.reconciling.models import Break
from commerce.reconciling.types import RunData
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.money import post
from devtools.stripe_double.core.store import PLATFORM
from tests.commerce.payments.test_refunds import pay, request
from tests.factories.accounts import make_user
from tests.factories.orders import make_ready_cart
from tests.factories.payouts import Provider, earned
from tests.factories.reserved import Reserved
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def compare() -> RunData:
    return operations.reconcile(grace=timedelta(0))


def open_breaks() -> list[tuple[str, int]]:
    rows = Break.objects.filter(resolved_at=None).order_by("kind", "reference")
    return list(rows.values_list("kind", "amount_minor"))


def client(double: StripeDouble) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_x", base_addresses={"api": double.url})


def test_a_day_of_business_agrees(double: StripeDouble) -> None:
    payment = pay(double)
    request(payment.pk, 500, "r:1")
    payments.send_refunds()
    dispute = double.open_dispute(str(pay_another(double).provider_charge))
    payments.look_at_dispute(provider_dispute=dispute["id"])

    assert compare().breaks == 0
    assert open_breaks() == []


def pay_another(double: StripeDouble) -> Payment:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    checkout.finalise(order_token=placed.order_token)
    return Payment.objects.get(order_token=placed.order_token)


def test_a_hidden_notice_is_made_good(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))

    run = compare()

    assert (run.healed, run.breaks) == (1, 0)
    assert orders.ref(token=placed.order_token).state == "confirmed"  # type: ignore[union-attr]


def test_a_hidden_refund_and_a_hidden_dispute_are_made_good(double: StripeDouble) -> None:
    first, second = pay(double), None
    client(double).v1.refunds.create({"charge": str(first.provider_charge), "amount": 300})
    second = pay_another(double)
    double.open_dispute(str(second.provider_charge))

    run = compare()

    assert (run.healed, run.breaks) == (2, 0)
    assert Refund.objects.get().amount_minor == 300
    assert books.balance(code="disputes", currency="USD") == second.amount_minor


def test_a_hidden_decision_about_a_dispute_is_made_good(double: StripeDouble) -> None:
    opened = double.open_dispute(str(pay(double).provider_charge))
    compare()
    double.close_dispute(opened["id"], "lost")

    run = compare()

    assert (run.healed, run.breaks) == (1, 0)
    assert Dispute.objects.get().state == "lost"


def test_a_charge_that_nobody_here_asked_for_is_found(double: StripeDouble) -> None:
    pay(double)
    client(double).v1.payment_intents.create(
        {
            "amount": 4321, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )  # fmt: skip

    assert compare().breaks == 1

    [(kind, amount)] = open_breaks()
    assert kind == "not-booked"
    assert 4000 < amount < 4321  # what arrived, less the fee


def test_a_fee_that_changed_by_one_is_found(double: StripeDouble) -> None:
    payment = pay(double)
    charge = double.world.store.by_id[str(payment.provider_charge)]
    movement = double.world.store.by_id[charge["balance_transaction"]]
    double.change_object(movement["id"], fee=movement["fee"] + 1, net=movement["net"] - 1)

    compare()

    assert open_breaks() == [("fee", -1)]


def test_what_the_provider_never_moved_is_found(double: StripeDouble) -> None:
    pay(double)
    ledger.post(
        business_key="capture:ch_invented",
        kind="capture",
        entries={"stripe": 900, "losses": -900},
        currency="USD",
    )

    compare()

    assert open_breaks() == [("not-moved", -900)]


def test_the_provider_has_time_to_show_what_we_booked(double: StripeDouble) -> None:
    ledger.post(
        business_key="capture:ch_new",
        kind="capture",
        entries={"stripe": 900, "losses": -900},
        currency="USD",
    )

    assert operations.reconcile().breaks == 0


def test_running_again_finds_nothing_new_and_closes_what_has_gone(double: StripeDouble) -> None:
    payment = pay(double)
    charge = double.world.store.by_id[str(payment.provider_charge)]
    movement = double.world.store.by_id[charge["balance_transaction"]]
    double.change_object(movement["id"], fee=movement["fee"] + 1)
    compare()
    compare()
    assert Break.objects.count() == 1

    double.change_object(movement["id"], fee=movement["fee"] - 1)
    compare()

    assert open_breaks() == []
    assert Break.objects.get().resolved_by == operations.ITSELF


def test_a_difference_has_an_owner_and_is_explained_once(double: StripeDouble) -> None:
    test_what_the_provider_never_moved_is_found(double)
    user, found = make_user(), Break.objects.get()

    operations.take(break_id=found.pk, user_id=user.pk)
    operations.explain(break_id=found.pk, note="A test of ours.", user_id=user.pk)

    assert Break.objects.get().owner_id == user.pk
    with pytest.raises(operations.Explained):
        operations.explain(break_id=found.pk, note="again", user_id=user.pk)
    compare()
    assert open_breaks() == []
    assert Break.objects.get().resolution == "A test of ours."


def test_the_database_keeps_what_was_found_and_wants_a_note(double: StripeDouble) -> None:
    test_what_the_provider_never_moved_is_found(double)

    with pytest.raises(DatabaseError), transaction.atomic():
        Break.objects.update(resolved_at="2026-01-01T00:00Z")
    with pytest.raises(DatabaseError), transaction.atomic():
        Break.objects.all()._raw_delete("default")


def test_success_and_errors_are_measured(double: StripeDouble) -> None:
    pay(double)
    declined = make_ready_cart().place()
    double.pay(str(declined.payment_url), card="4000000000000002")
    checkout.finalise(order_token=declined.order_token)
    make_ready_cart().place()

    rates = payment_queries.rates(days=30)

    assert (rates.attempts, rates.paid, rates.declined, rates.errors) == (3, 1, 1, 0)
    assert rates.success_percent == 50
    assert rates.error_percent == 0


def test_a_page_that_never_opened_is_an_error(double: StripeDouble) -> None:
    double.outage("503")
    make_ready_cart().place()

    assert payment_queries.rates(days=30).errors == 1


def test_what_was_transferred_to_sellers_agrees_too(double: StripeDouble) -> None:
    seller = make_seller()
    provider = Provider(double)
    provider.connect(seller)
    earned(seller, provider=provider)
    for payout_id in payouts.run_now():
        payouts.send(payout_id=payout_id)

    compare()

    assert len(provider.transfers()) == 1
    assert "transfer" not in " ".join(Break.objects.values_list("detail", flat=True))


def at_the_provider(double: StripeDouble) -> int:
    balance = double.world.purse(PLATFORM, "usd")
    return sum(balance.values())


def test_money_that_goes_to_and_comes_from_our_own_bank_is_booked(double: StripeDouble) -> None:
    pay(double)
    double.advance(8 * 24 * 3600)
    ours = client(double).v1
    ours.payouts.create({"amount": 300, "currency": "usd"})
    failing = ours.payouts.create({"amount": 200, "currency": "usd"})
    double.fail_payout(failing.id)
    ours.topups.create({"amount": 5000, "currency": "usd"})

    assert compare().breaks == 0
    assert books.balance(code="bank", currency="USD") == 300 - 5000
    assert books.balance(code="stripe", currency="USD") == at_the_provider(double)


def test_what_the_provider_keeps_for_its_services_is_booked_once(double: StripeDouble) -> None:
    pay(double)
    before = books.balance(code="stripe:fees", currency="USD")
    post(double.world, "stripe_fee", -25, "usd", "")

    assert compare().healed == 1
    assert compare().healed == 0
    assert books.balance(code="stripe:fees", currency="USD") - before == 25
    assert books.balance(code="stripe", currency="USD") == at_the_provider(double)


def test_a_movement_of_an_unknown_kind_waits_for_a_person(double: StripeDouble) -> None:
    post(double.world, "reserve_transaction", -25, "usd", "")
    compare()
    assert open_breaks() == [("not-booked", -25)]


def test_reserved_money_and_what_is_given_up_of_it_agree(
    double: StripeDouble, settings: Any
) -> None:
    settings.PAYMENT_ON_SHIPPING = True
    Reserved(double, sellers=1)
    given_up = Reserved(double, sellers=1)
    given_up.cancel(0)
    given_up.settle()
    part_taken = Reserved(double)
    part_taken.cancel(1)
    part_taken.promise(0, 2)
    part_taken.settle()
    canceled_late = Reserved(double)
    canceled_late.promise(0, 1, 2)
    double.fault("500_after", method="POST", path="*/capture")
    canceled_late.settle()
    canceled_late.cancel(1)
    stripe_calls.breaker.succeeded()
    canceled_late.settle()
    payments.send_refunds()

    compare()

    assert open_breaks() == []
