"""Labels under many sessions; each guard beside the race that shows what it is for."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from commerce.fulfillment import operations
from commerce.fulfillment.models import Label, LabelLine, Shipment
from commerce.ledger import queries as ledger
from commerce.orders.models import OrderLine
from commerce.returns import operations as returns
from commerce.returns.types import Wish
from tests.factories.fulfillment import labeled, make_carrier, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.race import race, race_all

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 8


def sold_part(quantity: int = 1) -> Any:
    part = sell(Sold(seller=make_seller(), quantity=quantity)).seller_orders[0]
    plan_dispatch(part.seller_id)
    make_carrier()
    return part


def outcomes(results: list[object]) -> dict[str, int]:
    names = [type(result).__name__ for result in results]
    return {name: names.count(name) for name in set(names)}


def test_one_click_many_times_buys_one_label(carriers: Any) -> None:
    part = sold_part()
    results = race(lambda: labeled(part, key="click"), times=SESSIONS)
    assert set(outcomes(results)) <= {"int", "LabelPending"}
    assert len(carriers.purchases) == Label.objects.count() == 1
    label = Label.objects.get()
    assert ledger.balance(code="carriers", currency="USD") == -(label.cost_minor or 0)


def test_the_last_unit_gets_one_label(carriers: Any) -> None:
    part = sold_part()
    results = race_all([lambda n=n: labeled(part, key=f"k{n}") for n in range(SESSIONS)])
    assert outcomes(results) == {"int": 1, "NothingToShip": SESSIONS - 1}
    assert len(carriers.purchases) == 1


@pytest.fixture
def _unguarded() -> Iterator[None]:
    """The database as it were without its guard of labels' lines."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fulfillment_labelline DISABLE TRIGGER labelline_guard")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE fulfillment_labelline ENABLE TRIGGER labelline_guard")


def _label_carelessly(part: Any, key: str) -> None:
    """Write a label down without the order's lock: what the guard alone is left to stop."""
    label = Label.objects.create(
        key=key, seller_id=part.seller_id, seller_order_id=part.id, carrier_name="usps",
        service="Priority", weight_grams=1, origin={}, destination={}, currency="USD", most_minor=1,
    )  # fmt: skip
    LabelLine.objects.create(label=label, order_line_id=part.lines[0].id, quantity=1)


def test_the_database_alone_labels_the_last_unit_once() -> None:
    part = sold_part()
    results = race_all([lambda n=n: _label_carelessly(part, f"k{n}") for n in range(SESSIONS)])
    assert outcomes(results) == {"NoneType": 1, "IntegrityError": SESSIONS - 1}
    assert LabelLine.objects.count() == 1


@pytest.mark.usefixtures("_unguarded")
def test_control_without_the_guard_one_unit_gets_many_labels() -> None:
    part = sold_part()
    race_all([lambda n=n: _label_carelessly(part, f"k{n}") for n in range(SESSIONS)])
    assert LabelLine.objects.count() == SESSIONS


def test_a_label_given_back_and_handed_over_at_once_is_one_of_both(carriers: Any) -> None:
    part = sold_part()
    label_id = labeled(part)
    seller_id = part.seller_id
    results = race_all(
        [
            lambda: operations.hand_over(seller_id=seller_id, label_id=label_id),
            lambda: operations.void_label(seller_id=seller_id, label_id=label_id),
        ]
        * 3
    )
    label = Label.objects.get(pk=label_id)
    sent = Shipment.objects.filter(label_id=label_id).count()
    assert (label.state, sent) in [("bought", 1), ("voided", 0)]
    assert set(outcomes(results)) <= {
        "int",
        "NoneType",
        "NotVoidable",
        "NotLabeled",
        "LabelPending",
    }


def test_a_parcel_by_hand_and_a_label_never_take_the_same_unit(carriers: Any) -> None:
    for _ in range(5):
        part = sold_part()
        race_all(
            [
                lambda part=part: labeled(part, key=f"k{part.id}"),
                lambda part=part: operations.ship(
                    seller_id=part.seller_id, seller_order_id=part.id, carrier_code="usps",
                    tracking_number="1",
                ),
            ]
        )  # fmt: skip
        line = OrderLine.objects.get(seller_order_id=part.id)
        live = LabelLine.objects.filter(
            order_line=line, label__state__in=["asked", "bought", "voiding"]
        ).count()
        assert line.shipped_quantity + live == 1


def test_a_label_and_a_cancellation_at_once_never_both_happen(carriers: Any) -> None:
    """Within the hour the shopper cancels without asking, unless a label was there first."""
    for _ in range(5):
        part = sold_part()
        line_id = part.lines[0].id
        race_all(
            [
                lambda part=part: labeled(part, key=f"k{part.id}"),
                lambda part=part, line_id=line_id: returns.cancel(
                    order_token=part.order_token, wish=Wish(units={line_id: 1})
                ),
            ]
        )
        canceled = OrderLine.objects.get(pk=line_id).canceled_quantity
        live = Label.objects.filter(
            seller_order_id=part.id, state__in=["asked", "bought", "voiding"]
        ).count()
        assert canceled + live == 1
