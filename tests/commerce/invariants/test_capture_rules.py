"""Rules of reserved money are zero where it was taken rightly, and count when it was not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from commerce.fulfillment.models import Shipment
from commerce.invariants import queries
from commerce.invariants.capture_rules import CAPTURE_RULES
from devtools.stripe_double import StripeDouble
from tests.factories.reserved import Reserved

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_shipping(settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


def broken() -> set[str]:
    ours = {rule.promise for rule in CAPTURE_RULES}
    return {result.rule for result in queries.broken() if result.rule in ours}


def run(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # with the guards asleep
        cursor.execute(statement, params)
        cursor.execute("SET session_replication_role = DEFAULT")


def take_more(sale: Reserved) -> None:
    run(
        "UPDATE payments_payment SET captured_minor = captured_minor + 1, capture_minor = NULL"
        " WHERE order_token = %s",
        sale.token,
    )


def send_before(sale: Reserved) -> None:
    sale.ship(0)
    run("UPDATE orders_order SET charged_at = clock_timestamp() + interval '1 minute'")
    assert Shipment.objects.exists()


def await_again(sale: Reserved) -> None:
    run("UPDATE orders_order SET awaits_capture = true, charged_at = NULL")


BREAKS: dict[str, Callable[[Reserved], None]] = {
    "Of reserved money exactly": take_more,
    "Nothing left the house": send_before,
    "Nothing is booked of": await_again,
}


@pytest.mark.parametrize("beginning", BREAKS)
def test_a_broken_rule_is_counted(double: StripeDouble, beginning: str) -> None:
    sale = Reserved(double)
    sale.cancel(1)
    sale.promise(0, 2)
    sale.settle()
    sale.tell()
    assert broken() == set()

    BREAKS[beginning](sale)

    assert any(rule.startswith(beginning) for rule in broken())


def test_every_rule_is_broken_above() -> None:
    assert len(BREAKS) == len(CAPTURE_RULES)
