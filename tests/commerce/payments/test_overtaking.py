"""Notices of refunds and disputes that come before the shop has booked their payment."""

import json

import pytest
import stripe

from commerce.checkout import operations as checkout
from commerce.gateways.payments import ProviderEventData
from commerce.payments import operations
from commerce.payments.models import Dispute, ProviderEvent, Refund
from commerce.payments.overtaking import NotBookedYet
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import deliver, notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(double: StripeDouble) -> str:
    """Paid at the provider, and the shop was told nothing yet."""
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    return placed.order_token


def heard(double: StripeDouble, kind: str) -> str:
    """The provider's newest notice of a kind comes; returns its id."""
    text = notices(double, kind)[-1]
    deliver(text)
    return str(json.loads(text)["id"])


def test_a_dispute_waits_for_its_payment(double: StripeDouble, token: str) -> None:
    (charge,) = double.state()["charges"]
    double.open_dispute(charge["id"])
    notice = heard(double, "charge.dispute.created")

    with pytest.raises(NotBookedYet):
        operations.handle_event(event_id=notice)
    assert ProviderEvent.objects.get().handled_at is None

    checkout.finalise(order_token=token)
    assert operations.handle_event(event_id=notice) == "open"
    assert Dispute.objects.get().payment.order_token == token


def test_a_refund_of_the_dashboard_waits_for_its_payment(double: StripeDouble, token: str) -> None:
    (charge,) = double.state()["charges"]
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": double.url})
    client.v1.refunds.create({"charge": charge["id"], "amount": 100})
    notice = heard(double, "charge.refunded")

    with pytest.raises(NotBookedYet):
        operations.handle_event(event_id=notice)

    checkout.finalise(order_token=token)
    operations.handle_event(event_id=notice)
    assert Refund.objects.get().amount_minor == 100


def test_what_is_not_ours_is_not_waited_for(double: StripeDouble, token: str) -> None:
    operations.record_event(
        event=ProviderEventData(
            id="evt_1", kind="charge.dispute.created", livemode=False, account="",
            object={"id": "du_1", "payment_intent": "pi_of_somebody_else"},
        )
    )  # fmt: skip

    assert operations.handle_event(event_id="evt_1").startswith("ignored")
