"""Goodwill and what comes back later: in the end everybody has and bears each cent once."""

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.invariants import queries as invariants
from commerce.ledger import queries as ledger
from commerce.orders import operations, queries
from commerce.orders.models import Adjustment
from commerce.orders.operations import Terms
from commerce.orders.types import AdjustmentData, SellerOrderData
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payouts import operations as payouts
from commerce.payouts.models import Deduction, Earning
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db
_keys = itertools.count(1)


def make_part(**fields: Any) -> SellerOrderData:
    """Five units for 33.33 USD, of which promotions of the marketplace took 7.77."""
    values: dict[str, Any] = {"unit_minor": 3333, "quantity": 5, "promoted_minor": 777}
    return sell(Sold(seller=make_seller(), **(values | fields))).seller_orders[0]


def goodwill(part: SellerOrderData, minor: int, *, by: str = "seller") -> AdjustmentData:
    terms = Terms(
        kind="goodwill",
        business_key=f"g{next(_keys)}",
        goodwill_minor=minor,
        borne_minor=minor if by == "marketplace" else 0,
    )
    return operations.give_goodwill(seller_order_id=part.id, terms=terms)


def cancel(part: SellerOrderData, count: int) -> AdjustmentData:
    return operations.cancel_units(
        seller_order_id=part.id,
        units={part.lines[0].id: count},
        terms=Terms(kind="canceled", business_key=f"c{next(_keys)}"),
    )


def take_back(part: SellerOrderData, count: int, **terms: Any) -> AdjustmentData:
    units = {part.lines[0].id: count}
    operations.record_returned(seller_order_id=part.id, units=units)
    return operations.refund_units(
        seller_order_id=part.id,
        units=units,
        terms=Terms(kind="returned", business_key=f"r{next(_keys)}", **terms),
    )


def given_of(part: SellerOrderData) -> list[AdjustmentData]:
    return queries.adjustments_of(seller_order_ids=[part.id])[part.id]


def booked(code: str) -> int:
    return ledger.balance(code=code, currency="USD")


def broken() -> list[str]:
    check_deferred_constraints()
    codes = ("INV7", "INV12", "INV14", "INV15", "INV16", "INV20")
    return [result.rule for result in invariants.broken() if result.code in codes]


def hear() -> None:
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)


def test_what_the_marketplace_gave_it_has_back_when_all_of_it_is_canceled() -> None:
    part = make_part()
    goodwill(part, 1500, by="marketplace")
    assert booked("losses") == 1500

    given = cancel(part, 5)

    assert (given.advanced.minor, given.recovered.minor) == (1500, 1500)
    assert given.refund.minor == part.total.minor - 1500
    assert given.seller == part.earning
    assert booked("losses") == booked(f"payable:{part.seller_id}") == 0
    assert broken() == []


def test_goodwill_for_what_is_kept_stays_given() -> None:
    part = make_part()
    goodwill(part, 1500, by="marketplace")

    given = cancel(part, 2)

    assert given.advanced.minor == 0
    assert booked("losses") == 1500


def test_goodwill_beyond_the_sellers_share_does_not_keep_it_from_being_canceled() -> None:
    part = make_part(promoted_minor=0)
    goodwill(part, part.total.minor)  # with its tax and its commission
    payouts.credit_order(order_id=part.order_id)

    given = cancel(part, 5)

    assert given.refund.minor == 0
    assert given.seller.minor == part.earning.minor - part.total.minor
    assert booked(f"payable:{part.seller_id}") == booked("losses") == booked("tax") == 0
    hear()
    assert broken() == []
    [back] = Earning.objects.filter(kind="credit")
    assert back.amount_minor == part.total.minor - part.earning.minor
    taken = Deduction.objects.get()
    assert taken.amount_minor == part.total.minor


@pytest.mark.parametrize("wrong", [{"advanced_minor": 100}, {"seller_minor": -1}])
def test_the_database_settles_goodwill_only_with_what_comes_back(wrong: dict[str, int]) -> None:
    part = make_part()
    none = dict.fromkeys(
        ("goods", "shipping", "tax", "included_tax", "commission", "platform", "seller"), 0
    )
    values = {f"{name}_minor": amount for name, amount in none.items()} | {
        "goodwill_minor": 100,
        "borne_minor": 100,
        "refund_minor": 100 - wrong.get("advanced_minor", 0),
    }
    values |= {"seller_minor": -wrong.get("advanced_minor", 0)} | wrong

    def write() -> None:
        with transaction.atomic():
            Adjustment.objects.create(
                seller_order_id=part.id, kind="goodwill", business_key="x", actor="x", **values
            )
            check_deferred_constraints()

    with pytest.raises(DatabaseError):
        write()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["seller", "marketplace", "back", "back"]),
        st.integers(min_value=1, max_value=20_000),
    ),
    max_size=8,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, is_sent=st.booleans(), promoted=st.sampled_from([0, 777, 9000]))
def test_any_order_of_goodwill_and_units_coming_back_ends_the_same(
    steps: list[tuple[str, int]], is_sent: bool, promoted: int
) -> None:
    """With nothing kept the shopper has all that was paid, and nobody else has or bears any of it;
    on the way there the marketplace bears no more than the goodwill that it gave."""
    part = make_part(promoted_minor=promoted)
    if is_sent:
        delivered(part)
    before = {code: booked(code) for code in ("losses", "commission", "tax", "promotions")}
    left, by_marketplace = 5, 0
    for what, number in [*steps, ("back", 5)]:
        if what == "back" and left:
            count = min(number % 5 + 1, left) if (what, number) != ("back", 5) else left
            left -= count
            if is_sent:
                take_back(part, count, with_shipping=not left)
            else:
                cancel(part, count)
        elif what != "back":
            most = (
                part.total.minor - sum(each.refund.minor for each in given_of(part))
                if (Adjustment.objects.filter(seller_order=part.id).exists())
                else part.total.minor
            )
            if amount := min(number, most):
                goodwill(part, amount, by=what)
                by_marketplace += amount if what == "marketplace" else 0
        assert 0 <= booked("losses") - before["losses"] <= by_marketplace
    given = given_of(part)
    assert sum(each.refund.minor for each in given) == part.total.minor
    assert sum(each.seller.minor for each in given) == part.earning.minor
    assert booked(f"payable:{part.seller_id}") == 0
    assert booked("losses") == before["losses"]
    assert booked("commission") == before["commission"] + part.commission.minor
    assert booked("tax") == before["tax"] + part.tax.minor
    assert booked("promotions") == before["promotions"] - part.platform_discount.minor
    check_deferred_constraints()
