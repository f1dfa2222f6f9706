"""One cart from several tabs and devices at once."""

import time
from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from commerce.cart import operations as carts
from commerce.cart import queries
from commerce.cart.models import Cart, Line
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable
from tests.support.race import meeting, race, race_all

pytestmark = pytest.mark.django_db(transaction=True)


def quantities(token: str) -> dict[int, int]:
    return {line.variant_id: line.quantity for line in queries.contents(token=token).lines}


def test_control_reading_first_and_writing_then_loses_clicks() -> None:
    mug = make_sellable(on_hand=100)
    token = make_cart({mug: 1})
    all_have_read = meeting(8)

    def add_carelessly() -> None:
        line = Line.objects.get()
        all_have_read()
        line.quantity += 1
        line.save()

    race(add_carelessly, times=8)

    assert quantities(token)[mug] < 9


def test_no_click_is_lost() -> None:
    mug = make_sellable(on_hand=100)
    token = make_cart()

    race(lambda: carts.add(token=token, variant_id=mug, quantity=1), times=8)

    assert quantities(token) == {mug: 8}


def test_the_limit_holds_for_all_tabs_together() -> None:
    mug = make_sellable(on_hand=5)
    token = make_cart()

    results = race(lambda: carts.add(token=token, variant_id=mug, quantity=2), times=8)

    assert quantities(token) == {mug: 5}
    assert Counter(type(result).__name__ for result in results) == {
        "CartData": 2,
        "QuantityLimited": 6,
    }


def test_a_person_has_one_open_cart_however_many_devices_ask() -> None:
    user = make_user()

    tokens = race(lambda: carts.open_cart(user_id=user.pk, currency="USD"), times=8)

    assert len(set(tokens)) == 1


def test_merging_twice_at_once_neither_loses_nor_doubles() -> None:
    user = make_user()
    mug, jug = make_sellable(), make_sellable()
    own = make_cart({mug: 1}, user_id=user.pk)
    guest = make_cart({mug: 2, jug: 3})

    tokens = race(lambda: carts.merge(guest_token=guest, user_id=user.pk), times=8)

    assert tokens == [own] * 8
    assert quantities(own) == {mug: 2, jug: 3}


def test_a_cart_is_ordered_once_while_others_still_add_to_it() -> None:
    mug = make_sellable(on_hand=100)
    token = make_cart({mug: 1})
    cart_id = queries.cart_id_of(token=token)

    def order() -> dict[int, int]:
        with transaction.atomic():
            carts.mark_ordered(cart_id=cart_id)
            seen = quantities(token)
            time.sleep(0.05)
        return seen

    results = race_all([order, lambda: carts.add(token=token, variant_id=mug, quantity=1)] * 4)

    orders = [result for result in results[0::2] if not isinstance(result, carts.CartClosed)]
    assert orders == [quantities(token)]
    assert Cart.objects.get().state == "ordered"
    assert not any(isinstance(result, IntegrityError) for result in results)
