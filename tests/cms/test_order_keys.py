"""The key to an order is its shopper's: no screen of staff or sellers shows it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from cms.selling.masking import without_keys
from commerce.credits import operations as credits
from commerce.credits.models import Credit, Spend
from commerce.kernel.money import Money
from commerce.kernel.tokens import new_token
from commerce.ledger import operations as ledger
from commerce.ledger.models import Journal
from commerce.orders.models import Order
from commerce.outbox.models import Delivery
from commerce.payments.models import Payment, Refund
from tests.factories.staff import ADMINISTRATORS, staff_client
from tests.support.admin_doors import doorways
from tests.support.admin_worlds import Seat, seat, shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> tuple[Seat, dict[str, Any]]:
    """A seller's orders, one paid by credit and one whose payment is in review."""
    own = seat("Acme")
    first, second = Order.objects.order_by("pk")[:2]
    ledger.post(
        business_key=f"capture-credit:{first.token}",  # as older code wrote it
        kind="paid by credit",
        entries={"bank": 1, "losses": -1},
        currency="USD",
        memo=f"order {first.token}",
    )
    issued = credits.issue(
        kind="gift_card", amount=Money(500, "USD"), business_key="c", reason="", paid_by="losses",
        email="ada@example.com",
    )  # fmt: skip
    payment = Payment.objects.get(order_token=second.token)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Spend.objects.create(
            credit_id=issued, order_token=first.token, amount_minor=500, state="spent"
        )
        Payment.objects.filter(pk=payment.pk).update(
            state="review",
            provider_payment=None,
            review_reason=f"order is '{first.token}', not '{second.token}'",
        )
        Refund.objects.create(
            payment=payment, business_key=f"old:{second.token}", amount_minor=5, reason="x"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    told = Delivery.objects.first()
    assert told is not None
    Delivery.objects.filter(pk=told.pk).update(
        delivered_at=None, attempts=99, last_error=f"NotPaid('{first.token}')"
    )
    return own, {
        "journal_id": Journal.objects.get(business_key__startswith="capture-credit").pk,
        "payment_id": payment.pk,
        "credit_id": Credit.objects.get(pk=issued).pk,
    }


@pytest.mark.parametrize("who", ["staff", "seller"])
def test_no_screen_shows_the_key_to_an_order(who: str, world: tuple[Seat, dict[str, Any]]) -> None:
    own, ids = world
    client: Client = staff_client(ADMINISTRATORS) if who == "staff" else own.shop.client("owner")
    tokens = list(Order.objects.values_list("token", flat=True))
    worlds = {"own": own.ids | shared() | ids}
    area = "backoffice:" if who == "staff" else "selling:"
    shown, seen = [], 0
    for doorway in doorways():
        if not doorway.name.startswith(area):
            continue
        for _, address in doorway.addresses(worlds):
            answer = client.get(address)
            seen += answer.status_code == 200
            body = b"".join(answer) if answer.streaming else answer.content
            if any(token.encode() in body for token in tokens):
                shown.append(doorway.name)
    assert shown == []
    assert seen > 20


def test_only_what_could_be_a_key_is_taken_out() -> None:
    token = new_token()
    assert without_keys(f"pay:gift-{token}:1") == "pay:…:1"
    assert without_keys(f"pay:{token}:1, ch_3MtwBwLkdIwHu7ix28a3tqPA") == (
        "pay:…:1, ch_3MtwBwLkdIwHu7ix28a3tqPA"
    )
