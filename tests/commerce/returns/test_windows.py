"""Until when things may go back: days, seasons with a last day, sellers' own days, and that it is
kept as it was agreed."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commerce.kernel import clock
from commerce.orders import queries as orders
from commerce.orders.types import OrderData, SellerOrderData
from commerce.outbox import operations as outbox
from commerce.outbox.models import Delivery
from commerce.returns import operations, queries
from commerce.returns.models import LineTerms, Policy
from commerce.returns.types import Wish
from tests.commerce.returns.conftest import past
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def season(**changes: Any) -> Policy:
    """What is ordered these weeks can go back until ninety days from now."""
    today = clock.now().date()
    return Policy.objects.create(
        **{
            "name": "Holidays",
            "days": 30,
            "starts_on": today - timedelta(days=10),
            "ends_on": today + timedelta(days=10),
            "returns_until": today + timedelta(days=90),
            **changes,
        }
    )


def end_of(order: OrderData, part: SellerOrderData) -> date:
    """The day that the shopper is shown."""
    fresh = orders.orders(order_ids=[order.id])[order.id]
    found = {each.seller_order_id: each for each in queries.choices(order=fresh)}
    until = found[part.id].returns[0].until
    assert until is not None
    return until.date()


def days_ago(part: SellerOrderData, days: int) -> None:
    past(
        "UPDATE orders_sellerorder SET delivered_at = now() - make_interval(days => %s)"
        " WHERE id = %s",
        days,
        part.id,
    )


def ask(order: OrderData, part: SellerOrderData) -> list[int]:
    wish = Wish(units={part.lines[0].id: 1}, reason="other")
    return operations.request_return(order_token=order.token, wish=wish)


def test_a_seasons_last_day_is_shown_and_holds(order: OrderData, part: SellerOrderData) -> None:
    policy = season()
    delivered(part)
    days_ago(part, 50)

    assert end_of(order, part) == policy.returns_until
    assert ask(order, part)


def test_after_a_season_its_days_count_when_they_are_more(
    order: OrderData, part: SellerOrderData
) -> None:
    season(days=200)
    delivered(part)

    assert end_of(order, part) == (clock.now() + timedelta(days=200)).date()


def test_what_is_ordered_outside_the_season_has_the_usual_days(
    order: OrderData, part: SellerOrderData
) -> None:
    today = clock.now().date()
    season(starts_on=today + timedelta(days=1))
    delivered(part)
    days_ago(part, 31)

    with pytest.raises(operations.NotThatMany, match="could be sent back until"):
        ask(order, part)


def test_a_sellers_own_days_take_nothing_of_the_season(
    order: OrderData, part: SellerOrderData
) -> None:
    policy = season()
    operations.set_own_days(seller_id=part.seller_id, days=40)
    delivered(part)

    assert end_of(order, part) == policy.returns_until


def test_a_seller_gives_more_days_and_never_fewer(order: OrderData, part: SellerOrderData) -> None:
    operations.set_own_days(seller_id=part.seller_id, days=60)
    operations.set_own_days(seller_id=part.seller_id, days=45)
    delivered(part)
    days_ago(part, 44)

    assert queries.own_days(seller_id=part.seller_id) == 45
    assert ask(order, part)
    for days in (29, 366):
        with pytest.raises(operations.TooFewDays, match="30 to 365"):
            operations.set_own_days(seller_id=part.seller_id, days=days)
    operations.set_own_days(seller_id=part.seller_id, days=None)
    assert queries.own_days(seller_id=part.seller_id) is None


def confirmed() -> SellerOrderData:
    """An order of which everybody heard."""
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    for waiting in Delivery.objects.filter(subscriber__startswith="commerce.returns."):
        outbox.deliver(delivery_id=waiting.pk)
    return part


def test_what_was_agreed_holds_whatever_becomes_of_the_rules() -> None:
    policy = season(days=60)
    part = confirmed()
    before = queries.window_of(product_id=0, seller_id=part.seller_id)
    policy.delete()
    Policy.objects.create(name="Short", days=14)

    [terms] = LineTerms.objects.filter(order_line=part.lines[0].id)
    assert (terms.days, terms.returns_until) == (60, before.returns_until)
    delivered(part)
    days_ago(part, 59)
    assert operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1}, reason="other")
    )


def test_it_is_agreed_once() -> None:
    part = confirmed()
    Policy.objects.create(name="Longer", days=90)

    operations.agree(order_id=part.order_id)

    assert LineTerms.objects.get(order_line=part.lines[0].id).days == 30


def test_the_database_keeps_what_was_agreed() -> None:
    confirmed()

    with pytest.raises(DatabaseError, match="stays as it was asked"), transaction.atomic():
        LineTerms.objects.update(days=1)
    with pytest.raises(DatabaseError, match="stays as it was asked"), transaction.atomic():
        LineTerms.objects.all().delete()


@pytest.mark.parametrize(
    "changes", [{"returns_until": date(2000, 1, 1)}, {"starts_on": None, "ends_on": None}]
)
def test_a_last_day_belongs_to_a_season_and_lies_after_it(changes: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="last_day_is_after_its_season"), transaction.atomic():
        season(**changes)
