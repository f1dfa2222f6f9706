"""Two who want to pick up the one unit in the store, while the warehouse has plenty."""

import pytest

from commerce.inventory import operations as inventory
from commerce.inventory import queries
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.support.race import race_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelves() -> tuple[int, int]:
    """A variant that the warehouse has ten of, and the store one."""
    variant_id = make_variant()
    stock_up(variant_id, 10, place="Warehouse")
    return variant_id, stock_up(variant_id, 1, place="Store")


def in_store(holder: str, store: int) -> int:
    holds = queries.held_by(holder=holder)
    return sum(hold.quantity for hold in holds if hold.location_id == store)


def test_control_without_naming_the_place_both_are_promised_what_is_not_in_the_store(
    shelves: tuple[int, int],
) -> None:
    """Both look, both see the one unit, both take one from wherever there is any."""
    variant_id, store = shelves

    def carelessly(holder: str) -> None:
        if queries.free_at(variant_ids=[variant_id])[variant_id, store] < 1:
            raise inventory.OutOfStock({variant_id: 0})
        inventory.reserve(holder=holder, quantities={variant_id: 1})

    results = race_all([lambda holder=holder: carelessly(holder) for holder in ("ada", "bob")])

    assert results == [None, None]
    assert in_store("ada", store) + in_store("bob", store) < 2


def test_one_of_two_gets_the_unit_in_the_store_and_the_other_is_told(
    shelves: tuple[int, int],
) -> None:
    variant_id, store = shelves

    results = race_all(
        [
            lambda holder=holder: inventory.reserve(
                holder=holder, quantities={variant_id: 1}, places={variant_id: store}
            )
            for holder in ("ada", "bob")
        ]
    )

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "OutOfStock"]
    assert in_store("ada", store) + in_store("bob", store) == 1
