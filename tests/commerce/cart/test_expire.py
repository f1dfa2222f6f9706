"""Guests' carts end after thirty days without a touch; a person's own cart stays."""

import pytest

from commerce.cart import operations, queries
from commerce.cart.models import Cart, Line
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def age(token: str, days: float) -> None:
    run_sql(
        "UPDATE cart_cart SET touched_at = now() - %s * interval '1 day' WHERE token = %s",
        [days, token],
    )


def state(token: str) -> str:
    return Cart.objects.get(token=token).state


def test_a_guests_cart_ends_after_thirty_days_and_its_lines_with_it() -> None:
    mug = make_sellable()
    old, young = make_cart({mug: 1}), make_cart({mug: 1})
    age(old, 30.1)
    age(young, 29.9)

    assert operations.expire() == 1

    assert (state(old), state(young)) == ("expired", "open")
    assert list(Line.objects.values_list("cart__token", flat=True)) == [young]
    assert queries.find(token=old, user_id=None) is None


def test_a_persons_cart_stays_however_old() -> None:
    user = make_user()
    token = make_cart({make_sellable(): 2}, user_id=user.pk)
    age(token, 400)

    assert operations.expire() == 0

    assert queries.find(token="", user_id=user.pk) == token
    assert queries.contents(token=token).count == 2


def test_a_touch_starts_the_thirty_days_anew() -> None:
    mug = make_sellable()
    token = make_cart({mug: 1})
    age(token, 31)
    operations.add(token=token, variant_id=mug, quantity=1)

    assert operations.expire() == 0


def test_what_became_an_order_is_left_alone() -> None:
    token = make_cart({make_sellable(): 1})
    operations.mark_ordered(cart_id=queries.cart_id_of(token=token), cause="test")
    age(token, 31)

    assert operations.expire() == 0
    assert state(token) == "ordered"


def test_many_end_in_portions() -> None:
    tokens = [make_cart() for _ in range(3)]
    for token in tokens:
        age(token, 40)

    assert [operations.expire(limit=2) for _ in range(3)] == [2, 1, 0]
