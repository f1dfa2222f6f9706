"""Refunds made in the provider's dashboard: said what for, and in nobody's way."""

from typing import Any

import pytest
from django.db import DatabaseError
from django.urls import reverse

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import operations, queries
from commerce.orders.operations import Terms, cancel_units
from commerce.orders.types import OrderData
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.models import FoundUse, Payment, Refund
from tests.commerce.orders.test_goodwill import broken
from tests.commerce.payouts.conftest import provider
from tests.factories.payouts import Provider
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client

__all__ = ["provider"]
pytestmark = pytest.mark.django_db
FOUND = 3000


@pytest.fixture
def order(provider: Provider) -> OrderData:
    """Two sellers' order, of which somebody refunded a part in the dashboard."""
    intent: Any = provider.client.v1.payment_intents.create(
        {
            "amount": 2 * 6198,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    sold = sell(
        Sold(seller=make_seller()),
        Sold(seller=make_seller()),
        charge=str(intent.latest_charge),
        payment_id=intent.id,
    )
    provider.client.v1.refunds.create({"charge": intent.latest_charge, "amount": FOUND})
    assert payments.record_found_refunds(charge_id=str(intent.latest_charge)) == 1
    assert balance("losses") == FOUND
    return sold


def balance(code: str) -> int:
    return ledger.balance(code=code, currency="USD")


def assign(order: OrderData, minor: int, *, borne: int = 0, key: str = "f1") -> Any:
    return operations.give_goodwill(
        seller_order_id=order.seller_orders[0].id,
        terms=Terms(
            kind="goodwill",
            business_key=key,
            goodwill_minor=minor,
            borne_minor=borne,
            found_refund=Refund.objects.get(business_key__startswith="found:").pk,
        ),
    )


def cancel(order: OrderData, number: int) -> Any:
    part = order.seller_orders[number]
    return cancel_units(
        seller_order_id=part.id,
        units={line.id: line.quantity for line in part.lines},
        terms=Terms(kind="canceled", business_key=f"c{number}"),
    )


def test_a_seller_can_be_charged_with_it_and_nothing_more_goes_to_the_shopper(
    order: OrderData,
) -> None:
    for _ in range(2):
        assign(order, 2000)

    assert Refund.objects.count() == 1
    assert balance("losses") == FOUND - 2000
    assert -balance(f"payable:{order.seller_orders[0].seller_id}") == 5200 - 2000
    assert balance("refunds:owed") == 0
    assert [each.unused for each in payment_queries.unused_found_refunds()] == [Money(1000, "USD")]
    assert broken() == []


def test_the_marketplace_can_say_that_it_bears_it(order: OrderData) -> None:
    assign(order, FOUND, borne=FOUND)

    assert balance("losses") == FOUND
    assert payment_queries.unused_found_refunds() == []
    assert broken() == []


def test_no_more_is_said_than_was_refunded(order: OrderData) -> None:
    with pytest.raises(payments.RefundTooLarge) as refused:
        assign(order, FOUND + 1)

    assert refused.value.left == Money(FOUND, "USD")
    assert not FoundUse.objects.exists()
    found = Refund.objects.get()
    with pytest.raises(DatabaseError):
        FoundUse.objects.create(refund=found, business_key="x", amount_minor=FOUND + 1)


@pytest.mark.parametrize("assigned", [0, 1000, FOUND])
def test_all_of_the_order_can_still_be_canceled(order: OrderData, assigned: int) -> None:
    if assigned:
        assign(order, assigned)

    for number in range(2):
        cancel(order, number)
    payments.send_refunds()

    payment = Payment.objects.get()
    assert payment.refunded_minor == payment.captured_minor
    for code in ("losses", "commission", "tax", "refunds:owed", "stripe"):
        assert balance(code) == 0
    for part in order.seller_orders:
        assert balance(f"payable:{part.seller_id}") == 0
    assert payment_queries.unused_found_refunds() == []
    assert queries.orders(order_ids=[order.id])[order.id].state == "canceled"
    assert broken() == []


def test_what_cannot_go_back_any_more_is_taken_once(order: OrderData) -> None:
    for _ in range(2):
        cancel(order, 0)
        cancel(order, 1)

    assert sum(FoundUse.objects.values_list("amount_minor", flat=True)) == FOUND


def test_staff_say_it_on_a_screen(order: OrderData) -> None:
    payment, found = Payment.objects.get(), Refund.objects.get()
    staff = staff_client(ADMINISTRATORS)
    screen = reverse("backoffice:found_refund", args=[payment.pk])
    assert order.number in staff.get(reverse("backoffice:payments")).content.decode()
    assert screen in staff.get(reverse("backoffice:payment", args=[payment.pk])).content.decode()
    assert str(found.provider_refund) in staff.get(screen).content.decode()
    said = {
        "refund": found.pk,
        "part": order.seller_orders[1].id,
        "amount": "30.00",
        "borne_by": "seller",
        "reason": "The bowl was cracked",
        "key": "6f1c1e5e-53cc-4c9e-8a1f-6f3b8f0d2a11",
    }

    too_much = staff.post(screen, said | {"amount": "30.01"})
    assert too_much.status_code == 422
    assert "The bowl was cracked" in too_much.content.decode()
    assert "Of this refund 30.00 USD is not accounted for." in too_much.content.decode()
    payments_page = reverse("backoffice:payment", args=[payment.pk])
    assert [staff.post(screen, said).headers.get("Location") for _ in range(2)] == (
        [payments_page] * 2
    )

    assert balance("losses") == 0
    assert -balance(f"payable:{order.seller_orders[1].seller_id}") == 5200 - FOUND
    assert order.number not in staff.get(reverse("backoffice:payments")).content.decode()
    assert staff.get(screen).status_code == 404
    assert staff_client(EDITORS).get(screen).status_code in (302, 403, 404)


@pytest.mark.parametrize("amount", ["", "x", "-1", "9" * 40, "\\u0000"])
def test_nonsense_is_refused(order: OrderData, amount: str) -> None:
    screen = reverse("backoffice:found_refund", args=[Payment.objects.get().pk])
    answer = staff_client(ADMINISTRATORS).post(screen, {"amount": amount, "refund": "9" * 30})
    assert answer.status_code == 422
