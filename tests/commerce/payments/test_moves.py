"""Every change of a payment's state is on record: who, why, when, in which request."""

import pytest
import structlog
from django.db import DatabaseError, connection, transaction

from commerce.checkout import operations as checkout
from commerce.kernel.actor import acting_as
from commerce.orders.models import OrderEvent
from commerce.outbox.models import Event
from commerce.payments.models import Payment, PaymentMove
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart

pytestmark = pytest.mark.django_db(transaction=True)


def moves() -> list[tuple[str, str, str]]:
    rows = PaymentMove.objects.order_by("pk")
    return list(rows.values_list("from_state", "to_state", "actor"))


def test_a_paid_order_tells_who_began_and_who_settled(double: StripeDouble) -> None:
    with acting_as("user:7"):
        placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    with acting_as("stripe"):
        checkout.finalise(order_token=placed.order_token)

    assert moves() == [("", "created", "user:7"), ("created", "captured", "stripe")]


def test_what_one_request_did_is_tied_together(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    with structlog.contextvars.bound_contextvars(request_id="r-17"):
        checkout.finalise(order_token=placed.order_token)

    assert PaymentMove.objects.get(to_state="captured").request_id == "r-17"
    assert Event.objects.get(name="orders.order-confirmed.v1").request_id == "r-17"
    confirmed = OrderEvent.objects.filter(to_state="confirmed")
    assert set(confirmed.values_list("request_id", flat=True)) == {"r-17"}


def test_what_is_no_move_leaves_none(double: StripeDouble) -> None:
    make_ready_cart().place()
    Payment.objects.update(refusals=3, state="created")
    assert len(moves()) == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE payments_paymentmove SET actor = 'x'", "DELETE FROM payments_paymentmove",
     "TRUNCATE payments_paymentmove"],
)  # fmt: skip
def test_the_record_stays(double: StripeDouble, statement: str) -> None:
    make_ready_cart().place()
    with pytest.raises(DatabaseError, match="kept for ever"), transaction.atomic():
        connection.cursor().execute(statement)
