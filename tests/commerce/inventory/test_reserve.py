import pytest

from commerce.inventory import operations, queries
from commerce.inventory.operations import DifferentHold, OutOfStock
from commerce.outbox.models import Event
from tests.factories.catalog import make_product, make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def reserved(variant_id: int) -> int:
    return queries.available(variant_ids=[variant_id])[variant_id].reserved


def held(holder: str) -> dict[tuple[int, int], int]:
    return {
        (hold.variant_id, hold.location_id): hold.quantity
        for hold in queries.held_by(holder=holder)
        if hold.state == "active"
    }


def test_units_are_promised_to_the_holder() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)

    operations.reserve(holder="order-1", quantities={variant_id: 3})

    assert held("order-1") == {(variant_id, location_id): 3}
    assert reserved(variant_id) == 3


def test_a_cart_of_five_lines_takes_one_statement() -> None:
    variants = make_variants(skus=["A", "B", "C", "D", "E"])
    for variant_id in variants.values():
        stock_up(variant_id, 10)

    with counted() as statements:
        operations.reserve(holder="order-1", quantities=dict.fromkeys(variants.values(), 2))

    assert len(statements) == 1


def test_all_or_nothing_and_the_refusal_says_what_is_free() -> None:
    plenty, few, none = make_variants(skus=["PLENTY", "FEW", "NONE"]).values()
    stock_up(plenty, 10)
    stock_up(few, 2)

    with pytest.raises(OutOfStock) as refusal:
        operations.reserve(holder="order-1", quantities={plenty: 5, few: 3, none: 1})

    assert refusal.value.shortages == {few: 2, none: 0}
    assert held("order-1") == {}
    assert reserved(plenty) == 0


def test_after_a_refusal_the_transaction_goes_on() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2)
    with pytest.raises(OutOfStock):
        operations.reserve(holder="order-1", quantities={variant_id: 3})

    operations.reserve(holder="order-1", quantities={variant_id: 2})

    assert reserved(variant_id) == 2


def test_repeating_it_changes_nothing() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)

    for _ in range(3):
        operations.reserve(holder="order-1", quantities={variant_id: 3})

    assert reserved(variant_id) == 3


def test_other_quantities_for_the_same_holder_are_refused() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    operations.reserve(holder="order-1", quantities={variant_id: 3})

    with pytest.raises(DifferentHold) as refusal:
        operations.reserve(holder="order-1", quantities={variant_id: 4})

    assert refusal.value.held == {variant_id: 3}
    assert reserved(variant_id) == 3


def test_the_first_location_with_enough_serves_the_whole() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2, place="Front")
    back = stock_up(variant_id, 5, place="Back")
    stock_up(variant_id, 9, place="Far")

    operations.reserve(holder="order-1", quantities={variant_id: 4})

    assert held("order-1") == {(variant_id, back): 4}


def test_without_such_a_location_several_serve_in_order() -> None:
    variant_id = make_variant()
    front = stock_up(variant_id, 2, place="Front")
    back = stock_up(variant_id, 3, place="Back")
    stock_up(variant_id, 4, place="Far")

    operations.reserve(holder="order-1", quantities={variant_id: 5})

    assert held("order-1") == {(variant_id, front): 2, (variant_id, back): 3}


def test_what_lapsed_but_was_not_swept_is_free_for_others() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="slow", quantities={variant_id: 1})
    lapse("slow")

    operations.reserve(holder="quick", quantities={variant_id: 1})

    assert [hold.state for hold in queries.held_by(holder="slow")] == ["expired"]
    assert reserved(variant_id) == 1


def test_a_holder_whose_time_is_over_starts_anew() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="slow", quantities={variant_id: 1})
    lapse("slow")

    operations.reserve(holder="slow", quantities={variant_id: 1})

    assert [hold.state for hold in queries.held_by(holder="slow")] == ["expired", "active"]
    assert reserved(variant_id) == 1


@pytest.mark.parametrize(("quantity", "minutes"), [(0, 15), (-1, 15), (1, 0), (1, 61)])
def test_senseless_holds_are_refused(quantity: int, minutes: int) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)

    with pytest.raises(ValueError, match="positive quantities"):
        operations.reserve(holder="x", quantities={variant_id: quantity}, minutes=minutes)

    assert reserved(variant_id) == 0


def test_only_an_emptied_shelf_is_reported() -> None:
    plenty, last = make_variants(product_id=make_product(), skus=["PLENTY", "LAST"]).values()
    stock_up(plenty, 10)
    stock_up(last, 1)
    Event.objects.all().delete()

    operations.reserve(holder="order-1", quantities={plenty: 1, last: 1})

    assert list(Event.objects.values_list("name", "payload")) == [
        ("inventory.stock-changed.v1", {"variant_ids": [last]})
    ]
