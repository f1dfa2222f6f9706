"""What a shopper is told of money that is reserved and not charged yet, on pages and by mail."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.gateways.payments import get_payment_gateway
from commerce.notifications.models import Message
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.factories.orders import offer_shipping
from tests.factories.reserved import Reserved
from tests.factories.sellers import make_member, make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_shipping(settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


@pytest.fixture
def sale(double: StripeDouble) -> Reserved:
    seller = make_seller()
    make_member(seller, email="kim@brook.example", first_name="Kim")
    offer_shipping(seller.pk)
    return Reserved(double, sellers=2, first_seller=seller.pk)


def mail(kind: str) -> str:
    message = Message.objects.get(kind=kind)
    assert "<" in message.html
    return f"{message.recipient} {message.subject} {message.text}"


def page(client: Client, sale: Reserved, name: str = "order-tracking") -> str:
    return client.get(reverse(name, args=[sale.token])).content.decode()


def test_a_shopper_is_charged_when_it_ships(client: Client, sale: Reserved) -> None:
    for name in ("order-tracking", "checkout-return"):
        assert "You will be charged when it ships" in page(client, sale, name)
    sale.tell()
    assert "only reserved" in mail("order_confirmed")
    assert "receipt" not in mail("order_confirmed")
    assert "not charged yet" in mail("new_order")

    sale.cancel(1)
    sale.promise(0)
    sale.settle()
    sale.tell()

    told = Message.objects.get(kind="case", recipient=sale.order.email)
    assert "never charged" in told.subject
    assert "You will be charged" not in page(client, sale)
    charged = sale.order.seller_orders[0].total
    assert f"{charged.minor / 100:.2f}" in mail("order_charged")
    assert "The other" in mail("order_charged")
    assert mail("may_leave").startswith("kim@brook.example")


def test_a_reservation_that_lapsed_leads_to_a_new_payment(client: Client, sale: Reserved) -> None:
    get_payment_gateway().cancel_payment(payment_id=sale.intent)
    sale.settle()
    sale.tell()
    assert f"/orders/track/{sale.token}/" in mail("payment_lapsed")
    assert "Pay what is to be sent" in page(client, sale)

    answer = client.post(reverse("checkout-retry", args=[sale.token]))

    fresh = Payment.objects.order_by("-attempt").first()
    assert fresh is not None
    assert answer["Location"] == fresh.payment_url


def test_who_does_not_pay_again_is_told_that_it_cost_nothing(sale: Reserved) -> None:
    get_payment_gateway().cancel_payment(payment_id=sale.intent)
    sale.settle()
    Payment.objects.update(renew_by="2020-01-01T00:00:00Z")
    assert sale.settle() == "confirmed"  # nothing is open to be asked about
    from commerce.checkout import operations

    Payment.objects.update(check_at="2020-01-01T00:00:00Z")
    operations.sweep()
    sale.tell()

    assert "nothing was charged" in mail("never_paid")
