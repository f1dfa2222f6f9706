"""Each rule about labels counts nothing after honest work, and sees what slipped past a guard."""

import pytest
from django.db import connection

from commerce.fulfillment import operations
from commerce.fulfillment.models import Shipment
from commerce.gateways.carriers import TrackedEvent, TrackingUpdate
from commerce.invariants.shipping_rules import SHIPPING_RULES
from commerce.inventory import operations as inventory
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.returns import operations as returns
from commerce.returns.types import Wish
from tests.factories.fulfillment import delivered, labeled
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def broken():
    found = []
    for rule in SHIPPING_RULES:
        with connection.cursor() as cursor:
            cursor.execute(rule.violations)
            if cursor.fetchone()[0]:
                found.append(rule.promise)
    return found


def sent_back(seller):
    """A return whose label was bought."""
    part = sell(Sold(seller=seller)).seller_orders[0]
    delivered(part)
    (case_id,) = returns.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1})
    )
    returns.answer_return(seller_id=seller.pk, case_id=case_id, consent=True, return_to="1 Main St")
    returns.buy_label(
        seller_id=seller.pk, case_id=case_id, key="back", carrier="usps", service="Priority",
        most=Money(5000, "USD"), weight_grams=500,
    )  # fmt: skip


@pytest.fixture
def worked(carriers):
    """Parcels with labels, labels that wait, were given back or bring back; zones and a store."""
    seller, other = make_seller(), make_seller()
    for each in (seller, other):
        inventory.ensure_location(seller_id=each.pk, name="Store", country="US")
        zone_id = operations.save_zone(seller_id=each.pk, name="Home", places=["US"])
        part = sell(Sold(seller=each, quantity=3)).seller_orders[0]
        line = part.lines[0].id
        first = labeled(part, key=f"{each.pk}-1", quantities={line: 1})
        labeled(part, key=f"{each.pk}-2", quantities={line: 1})
        third = labeled(part, key=f"{each.pk}-3", quantities={line: 1})
        operations.void_label(seller_id=each.pk, label_id=third)
        parcel_id = operations.hand_over(seller_id=each.pk, label_id=first)
        sent_back(each)
        operations.set_shipping_method(
            seller_id=each.pk, name="Way", carrier_code="usps", currency="USD", base_minor=1,
            days=(1, 2), zone_id=zone_id,
        )  # fmt: skip
        operations.record_tracking(
            update=TrackingUpdate(
                tracker_id=Shipment.objects.get(pk=parcel_id).tracker_id, tracking_number="",
                status="in_transit",
                events=(TrackedEvent(at=clock.now(), status="in_transit", message="on"),),
            )
        )  # fmt: skip


def test_honest_work_breaks_no_rule(worked):
    assert broken() == []


USED = "(SELECT label_id FROM fulfillment_shipment WHERE label_id IS NOT NULL ORDER BY id LIMIT 1)"
LAST = "(SELECT max(id) FROM fulfillment_label)"
FOREIGN = "(SELECT id FROM inventory_location l WHERE l.seller_id <> x.seller_id LIMIT 1)"
BREAKS = [
    (f"UPDATE fulfillment_label SET state = 'voiding' WHERE id = {USED}", 0),  # noqa: S608
    ("UPDATE fulfillment_shipment SET tracking_number = 'other' WHERE label_id IS NOT NULL", 0),
    (f"UPDATE fulfillment_labelline SET quantity = 2 WHERE label_id = {USED}", 0),  # noqa: S608
    (
        "UPDATE fulfillment_trackingevent SET status = 'delivered',"
        " recorded_at = now() - interval '2 hours'",
        1,
    ),
    ("UPDATE fulfillment_labelline SET quantity = 9", 2),
    ("UPDATE fulfillment_label SET cost_minor = cost_minor + 1", 3),
    (
        "UPDATE ledger_journal SET business_key = 'x' || id WHERE business_key LIKE 'label-void:%'",
        3,
    ),
    ("UPDATE ledger_journal SET business_key = 'x' || id WHERE business_key LIKE 'label:%'", 3),
    (f"UPDATE fulfillment_label SET cost_minor = NULL, state = 'asked' WHERE id = {LAST}", 3),  # noqa: S608
    ("UPDATE fulfillment_label SET payer = 'marketplace' WHERE is_return", 3),
    (
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE journal_id IN"
        " (SELECT id FROM ledger_journal WHERE business_key LIKE 'label-void:%')",
        3,
    ),
    ("UPDATE fulfillment_label b SET seller_id = (SELECT max(seller_id) FROM fulfillment_zone)", 4),
    (
        "UPDATE fulfillment_shippingmethod x SET zone_id ="
        " (SELECT id FROM fulfillment_zone z WHERE z.seller_id <> x.seller_id LIMIT 1)",
        4,
    ),
    (f"UPDATE fulfillment_shippingmethod x SET location_id = {FOREIGN}", 4),  # noqa: S608
    (f"UPDATE fulfillment_shipment x SET location_id = {FOREIGN}", 4),  # noqa: S608
    (f"UPDATE fulfillment_label x SET location_id = {FOREIGN}", 4),  # noqa: S608
    (f"UPDATE fulfillment_label SET is_return = true WHERE id = {USED}", 5),  # noqa: S608
    ("UPDATE fulfillment_label SET is_return = false WHERE is_return", 5),
    ("DELETE FROM returns_returnlabel", 5),
    ("UPDATE returns_case SET seller_order_id = seller_order_id + 1000", 5),
]


@pytest.mark.parametrize(("statement", "position"), BREAKS)
def test_a_rule_sees_what_slipped_past_its_guard(worked, statement, position):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert SHIPPING_RULES[position].promise in broken()
