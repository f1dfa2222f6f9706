"""The database keeps unpaid goods in the house and money within what was agreed, whoever writes."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from devtools.stripe_double import StripeDouble
from tests.factories.reserved import Reserved
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db

SHIPPED = "UPDATE orders_orderline SET shipped_quantity = quantity"
PART_SHIPPED = "UPDATE orders_sellerorder SET state = 'shipped', version = version + 1"
CHARGED = "UPDATE orders_order SET awaits_capture = false, charged_at = clock_timestamp()"
MORE = "UPDATE payments_payment SET capture_minor = amount_minor + 1"
AGREED = "UPDATE payments_payment SET capture_minor = 500"
AGREED_ELSE = "UPDATE payments_payment SET capture_minor = 600"
LATER = "UPDATE payments_payment SET capture_by = capture_by + interval '1 day'"
OTHER = (
    "UPDATE payments_payment SET capture_minor = 500, state = 'captured',"
    " captured_minor = 501, provider_charge = 'ch_1'"
)


@pytest.fixture(autouse=True)
def on_shipping(settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


@pytest.fixture(autouse=True)
def sale(on_shipping: None, double: StripeDouble) -> Reserved:
    return Reserved(double, sellers=2)


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        check_deferred_constraints()


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (SHIPPED, "not charged yet"),
        (PART_SHIPPED, "not charged yet"),
        (CHARGED, "is not paid"),
        (MORE, "capture_is_within_authorized"),
        (LATER, "its deadline was told"),
        (OTHER, "captured_is_what_was_agreed"),
    ],
)
def test_what_would_let_unpaid_goods_or_wrong_money_go_is_refused(
    statement: str, complaint: str
) -> None:
    with pytest.raises(IntegrityError, match=complaint):
        run(statement)


def test_an_agreed_amount_never_changes() -> None:
    run(AGREED)

    with pytest.raises(IntegrityError, match="is fixed"):
        run(AGREED_ELSE)


def test_a_paid_order_never_waits_for_its_money_again(sale: Reserved) -> None:
    sale.promise(0, 1)
    sale.settle()

    with pytest.raises(IntegrityError, match="taken once"):
        run("UPDATE orders_order SET awaits_capture = true")


def test_no_label_is_written_for_what_is_not_charged(sale: Reserved) -> None:
    part = sale.order.seller_orders[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'fulfillment_label'::regclass"
            " AND tgname = 'label_is_charged' AND tgenabled IN ('O', 'A')"
        )
        assert cursor.fetchall()
    assert part.awaits_capture


def test_money_that_is_not_taken_is_not_given_back() -> None:
    with pytest.raises(IntegrityError, match="not taken is not given back"):
        run(
            "INSERT INTO orders_adjustment (seller_order_id, kind, business_key, reason, actor,"
            " goods_minor, shipping_minor, tax_minor, included_tax_minor, commission_minor,"
            " platform_minor, goodwill_minor, withheld_minor, borne_minor, refund_minor,"
            " seller_minor, with_shipping, paid_to)"
            " SELECT id, 'goodwill', 'k', '', 'x', 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, false, 'method'"
            " FROM orders_sellerorder LIMIT 1"
        )
