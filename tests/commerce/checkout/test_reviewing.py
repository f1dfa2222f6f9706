"""A payment in review: staff take it, or give its money back; the provider is asked first."""

import pytest

from commerce.checkout import operations
from commerce.invariants import queries as invariants
from commerce.kernel.actor import acting_as
from commerce.ledger import queries as books
from commerce.payments import operations as payments
from commerce.payments.models import Decision, Payment, Refund
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import session_of

pytestmark = pytest.mark.django_db


def in_review(double: StripeDouble, **changes: object) -> Payment:
    """A paid order whose payment differs from what was asked for."""
    placed = make_ready_cart().place()
    url = str(placed.payment_url)
    double.pay(url)
    intent = double.world.store.by_id[session_of(url)]["payment_intent"]
    for name, value in changes.items():
        identifier = session_of(url) if name in ("client_reference_id", "currency") else intent
        double.change_object(identifier, **{name: value})
    assert operations.finalise(order_token=placed.order_token) == "review"
    return Payment.objects.get()


def decide(payment: Payment, decision: str) -> str:
    with acting_as("user:7"):
        return operations.resolve_review(
            payment_id=payment.pk,
            decision=decision,  # type: ignore[arg-type]
            reason="looked at the charge",
        )


def test_what_fits_now_is_taken_and_confirms_the_order(double: StripeDouble) -> None:
    payment = in_review(double, amount_received=1)
    double.change_object(
        double.world.store.by_id[str(payment.provider_session)]["payment_intent"],
        amount_received=payment.amount_minor,
    )

    assert decide(payment, "accept") == "confirmed"

    assert Payment.objects.get().state == "captured"
    decision = Decision.objects.get()
    assert (decision.decision, decision.actor) == ("accept", "user:7")
    check_deferred_constraints()
    assert invariants.broken() == []


@pytest.mark.parametrize(
    "changes",
    [{"amount_received": 1}, {"client_reference_id": "another-order"}, {"currency": "eur"}],
)
def test_what_does_not_fit_is_never_taken(double: StripeDouble, changes: dict[str, object]) -> None:
    payment = in_review(double, **changes)

    with pytest.raises(operations.NotResolvable, match="cannot be taken"):
        decide(payment, "accept")

    assert Payment.objects.get().state == "review"
    assert not Decision.objects.exists()


@pytest.mark.parametrize("received", [-1, 1])
def test_too_little_and_too_much_go_back_as_they_came(double: StripeDouble, received: int) -> None:
    payment = in_review(double, amount_received=1)
    amount = payment.amount_minor + received
    intent = double.world.store.by_id[str(payment.provider_session)]["payment_intent"]
    charge = double.world.store.by_id[intent]["latest_charge"]
    double.change_object(intent, amount_received=amount)
    double.change_object(charge, amount=amount)

    assert decide(payment, "return") == "canceled"
    payments.send_refunds()

    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.state) == (amount, "succeeded")
    assert books.balance(code="refunds:owed", currency="USD") == 0
    check_deferred_constraints()
    assert invariants.broken() == []


def test_foreign_money_goes_back_by_hand_first(double: StripeDouble) -> None:
    payment = in_review(double, currency="eur")

    with pytest.raises(operations.NotResolvable, match="dashboard"):
        decide(payment, "return")

    charge = double.world.store.by_id[
        double.world.store.by_id[str(payment.provider_session)]["payment_intent"]
    ]["latest_charge"]
    double.change_object(charge, amount_refunded=payment.amount_minor)

    assert decide(payment, "return") == "canceled"
    assert Payment.objects.get().state == "canceled"
    assert not Refund.objects.exists()


def test_a_payment_is_decided_about_once(double: StripeDouble) -> None:
    payment = in_review(double, amount_received=1)
    decide(payment, "return")

    with pytest.raises(operations.NotResolvable, match="does not wait"):
        decide(payment, "return")


def test_the_order_of_another_payment_is_left_alone(double: StripeDouble) -> None:
    with pytest.raises(operations.NotResolvable):
        operations.resolve_review(payment_id=4711, decision="accept", reason="none")
