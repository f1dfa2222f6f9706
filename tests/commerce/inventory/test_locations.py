"""Several locations per seller: priorities, moves between them, and the history both leave."""

import pytest

from commerce.catalog import queries as catalog
from commerce.inventory import operations, queries
from commerce.inventory.models import StockMovement
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def seller_of(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].seller_id


def on_hand(variant_id: int) -> dict[int, int]:
    return {
        row.location_id: row.on_hand for row in queries.levels(variant_ids=[variant_id])[variant_id]
    }


def test_an_order_draws_from_the_lowest_priority_that_can_serve_it() -> None:
    variant_id = make_variant()
    old = stock_up(variant_id, 9, place="Old barn")
    new = stock_up(variant_id, 9, place="New hall")
    operations.save_location(
        seller_id=seller_of(variant_id), location_id=new, name="New hall", country="US", priority=1
    )

    operations.reserve(holder="order-1", quantities={variant_id: 4})

    assert [hold.location_id for hold in queries.held_by(holder="order-1")] == [new]
    assert [place.id for place in queries.locations_of(seller_id=seller_of(variant_id))] == [
        new,
        old,
    ]


def test_a_name_stands_for_one_location_of_a_seller() -> None:
    seller_id = make_seller().pk
    operations.save_location(seller_id=seller_id, name="Barn", country="US", priority=1)

    with pytest.raises(operations.LocationNameTaken):
        operations.save_location(seller_id=seller_id, name="Barn", country="US", priority=2)


def test_another_sellers_location_does_not_exist() -> None:
    location_id = operations.save_location(
        seller_id=make_seller().pk, name="Barn", country="US", priority=1
    )

    with pytest.raises(operations.LocationUnknown):
        operations.save_location(
            seller_id=make_seller().pk, location_id=location_id, name="X", country="US", priority=1
        )


def test_a_transfer_moves_free_units_and_both_ends_say_so() -> None:
    variant_id = make_variant()
    front, back = stock_up(variant_id, 5, place="Front"), stock_up(variant_id, 0, place="Back")

    operations.transfer(
        variant_id=variant_id,
        from_location=front,
        to_location=back,
        quantity=3,
        cause="to the back",
    )

    assert on_hand(variant_id) == {front: 2, back: 3}
    last = StockMovement.objects.order_by("-pk").values_list("delta", "kind", "cause")[:2]
    assert sorted(last) == [(-3, "transferred", "to the back"), (3, "transferred", "to the back")]


def test_what_is_promised_stays_where_it_is() -> None:
    variant_id = make_variant()
    front, back = stock_up(variant_id, 5, place="Front"), stock_up(variant_id, 0, place="Back")
    operations.reserve(holder="order-1", quantities={variant_id: 4})

    with pytest.raises(operations.NotEnoughThere) as refusal:
        operations.transfer(
            variant_id=variant_id, from_location=front, to_location=back, quantity=2, cause="x"
        )

    assert refusal.value.free == 1


def test_nothing_moves_to_another_sellers_place() -> None:
    variant_id, foreign = make_variant(), make_variant()
    front, theirs = stock_up(variant_id, 5), stock_up(foreign, 5)

    with pytest.raises(operations.LocationUnknown):
        operations.transfer(
            variant_id=variant_id, from_location=front, to_location=theirs, quantity=1, cause="x"
        )


def test_a_sale_is_remembered_by_order_and_by_where_it_leaves_from() -> None:
    variant_id = make_variant()
    front, back = stock_up(variant_id, 2, place="Front"), stock_up(variant_id, 3, place="Back")
    operations.reserve(holder="order-1", quantities={variant_id: 4})

    operations.claim(holder="order-1")

    parts = {part.location_id: part.quantity for part in queries.allocations(holder="order-1")}
    assert parts == {front: 2, back: 2}
    sold = queries.movements(variant_ids=[variant_id])[0]
    assert (sold.kind, sold.reference) == ("sold", "order-1")


def test_a_cancellation_puts_units_back_where_they_were_to_leave_from() -> None:
    variant_id = make_variant()
    front, back = stock_up(variant_id, 2, place="Front"), stock_up(variant_id, 3, place="Back")
    operations.reserve(holder="order-1", quantities={variant_id: 4})
    operations.claim(holder="order-1")

    operations.put_back(
        variant_id=variant_id, location_id=None, quantity=3, cause="canceled",
        reference="adjustment 7", holder="order-1",
    )  # fmt: skip

    assert on_hand(variant_id) == {front: 2, back: 2}
    assert sum(part.open for part in queries.allocations(holder="order-1")) == 1
    assert {row.kind for row in queries.movements(variant_ids=[variant_id], limit=2)} == {
        "canceled"
    }


def test_a_return_goes_to_the_place_that_took_it_in() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2, place="Front")
    back = stock_up(variant_id, 0, place="Back")

    operations.put_back(
        variant_id=variant_id, location_id=back, quantity=1, cause="returned", reference="R-1"
    )

    assert on_hand(variant_id)[back] == 1
    newest = queries.movements(variant_ids=[variant_id])[0]
    assert (newest.kind, newest.reference, newest.delta) == ("returned", "R-1", 1)


def test_what_left_in_a_parcel_is_open_no_longer() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    operations.reserve(holder="order-1", quantities={variant_id: 4})
    operations.claim(holder="order-1")

    operations.depart(holder="order-1", quantities={variant_id: 3})

    assert [part.open for part in queries.allocations(holder="order-1")] == [1]
