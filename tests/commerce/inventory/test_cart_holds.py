"""What carts hold: carried whole at a sign-in, and not for ever by one new cart after another."""

import pytest

from commerce.inventory import operations, queries
from commerce.inventory.models import Reservation
from commerce.inventory.types import PolicyData
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up

pytestmark = pytest.mark.django_db
NETWORK = "net:203.0.113.0/24"
GUEST, OWN = 1, 2


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    stock_up(variant_id, 9)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=60))
    return variant_id


def put(mug: int, cart_id: int, quantity: int = 1, principal: str = NETWORK) -> bool:
    hold = operations.hold_in_cart(
        cart_id=cart_id, variant_id=mug, quantity=quantity, principal=principal
    )
    return hold.until is not None


def reserved(mug: int) -> int:
    return queries.available(variant_ids=[mug])[mug].reserved


def sign_in(mug: int) -> None:
    operations.move_cart_holds(from_cart=GUEST, to_cart=OWN, variant_ids=[mug])


@pytest.mark.parametrize(("guest", "own"), [(3, 1), (1, 3)])
def test_of_a_sku_that_both_carts_hold_the_larger_number_is_held_on(
    mug: int, guest: int, own: int
) -> None:
    put(mug, GUEST, guest)
    put(mug, OWN, own, "user:1")
    [until] = Reservation.objects.filter(holder=f"cart:{GUEST}:{mug}").values_list(
        "expires_at", flat=True
    )

    sign_in(mug)

    held = queries.held_in_cart(cart_id=OWN, variant_ids=[mug])
    assert (held[mug][0], reserved(mug)) == (3, 3)
    assert held[mug][1] == until
    assert queries.held_in_cart(cart_id=GUEST, variant_ids=[mug]) == {}


def test_who_was_behind_a_cart_stays_behind_what_is_carried(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(cart_hold_minutes=60, shopper_cap=2))
    put(mug, GUEST, 2)

    sign_in(mug)

    hold = operations.hold_in_cart(cart_id=3, variant_id=mug, quantity=1, principal=NETWORK)
    assert (hold.quantity, hold.limit) == (0, "share")


def test_a_cart_that_had_its_time_gets_none_from_another(mug: int) -> None:
    put(mug, OWN, 1, "user:1")
    lapse(f"cart:{OWN}:{mug}")
    operations.release_lapsed()
    put(mug, GUEST)

    sign_in(mug)

    assert reserved(mug) == 0


def test_what_cannot_be_carried_is_given_back(mug: int) -> None:
    put(mug, GUEST, 3)
    policy = PolicyData(cart_hold_minutes=60, shopper_cap=2)
    operations.set_policy(variant_id=mug, policy=policy)
    operations.reserve(holder="order", quantities={mug: 2}, principal="user:1")
    operations.reserve(holder=f"cart:{OWN}:{mug}", quantities={mug: 1}, kind="cart", principal="")

    sign_in(mug)

    assert queries.held_in_cart(cart_id=GUEST, variant_ids=[mug]) == {}


def given_up(mug: int, cart_id: int, *, taken_out: bool = False) -> None:
    put(mug, cart_id, 9)
    if taken_out:
        operations.release(holder=operations.cart_holder(cart_id, mug))
    lapse(operations.cart_holder(cart_id, mug), hours=1)
    operations.release_lapsed()


@pytest.mark.parametrize("taken_out", [False, True])
def test_one_network_cannot_keep_a_shelf_empty_by_one_new_cart_after_another(
    mug: int, taken_out: bool
) -> None:
    for cart_id in (11, 12):
        given_up(mug, cart_id, taken_out=taken_out)

    assert not put(mug, 13, 9)
    assert reserved(mug) == 0
    assert put(mug, 14, 1, "user:1")


def test_carts_that_go_on_to_an_order_are_not_given_up(mug: int) -> None:
    for cart_id in (11, 12):
        put(mug, cart_id)
        operations.hold_for_checkout(
            cart_id=cart_id,
            quantities={mug: 1},
            minutes=15,
            principal=NETWORK,
            replaces=[operations.cart_holder(cart_id, mug)],
        )
        operations.take_over(
            cart_id=cart_id, holder=f"order-{cart_id}", quantities={mug: 1}, minutes=35
        )

    assert put(mug, 13)


def test_a_cart_that_holds_goes_on_holding_when_others_gave_up(mug: int) -> None:
    put(mug, 10)
    for cart_id in (11, 12):
        operations.hold_in_cart(cart_id=cart_id, variant_id=mug, quantity=1, principal=NETWORK)
        operations.release(holder=operations.cart_holder(cart_id, mug))

    assert put(mug, 10, 2)
    assert reserved(mug) == 2


def test_what_was_given_up_is_forgotten_after_six_hours(mug: int) -> None:
    for cart_id in (11, 12):
        given_up(mug, cart_id)
        lapse(operations.cart_holder(cart_id, mug), hours=5)

    assert put(mug, 13)
