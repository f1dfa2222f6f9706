"""How carts begin, join, close, come back and end."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from commerce.cart import operations, queries, tasks
from commerce.cart.models import Cart
from commerce.cart.operations import CartClosed
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable

pytestmark = pytest.mark.django_db


def lines(token: str) -> dict[int, int]:
    return {line.variant_id: line.quantity for line in queries.contents(token=token).lines}


def cart_id(token: str) -> int:
    return queries.cart_id_of(token=token)


def test_each_guest_has_a_cart_and_each_person_one() -> None:
    user = make_user()

    guests = {make_cart() for _ in range(2)}
    own = {make_cart(user_id=user.pk) for _ in range(2)}

    assert (len(guests), len(own)) == (2, 1)


def test_a_cart_is_found_by_person_first_and_by_token_for_guests_alone() -> None:
    user, stranger = make_user(), make_user()
    own, guest = make_cart(user_id=user.pk), make_cart()

    assert queries.find(token=guest, user_id=None) == guest
    assert queries.find(token=guest, user_id=user.pk) == own
    assert queries.find(token=guest, user_id=stranger.pk) == guest
    assert queries.find(token=own, user_id=None) is None
    assert queries.find(token=own, user_id=stranger.pk) is None
    assert queries.find(token="", user_id=None) is None


def test_at_sign_in_a_guests_cart_becomes_the_persons() -> None:
    user, mug = make_user(), make_sellable()
    guest = make_cart({mug: 2})

    token = operations.merge(guest_token=guest, user_id=user.pk)

    assert token == guest
    assert queries.find(token="", user_id=user.pk) == guest
    assert lines(guest) == {mug: 2}


def test_two_carts_join_without_losing_or_doubling() -> None:
    user = make_user()
    both, only_own, only_guest = make_sellable(), make_sellable(), make_sellable()
    own = make_cart({both: 2, only_own: 1}, user_id=user.pk)
    guest = make_cart({both: 3, only_guest: 4})

    for _ in range(2):
        assert operations.merge(guest_token=guest, user_id=user.pk) == own

    assert lines(own) == {both: 3, only_own: 1, only_guest: 4}
    assert queries.find(token=guest, user_id=None) is None


def test_somebody_elses_cart_is_not_taken() -> None:
    user, stranger = make_user(), make_user()
    theirs = make_cart({make_sellable(): 1}, user_id=stranger.pk)

    assert operations.merge(guest_token=theirs, user_id=user.pk) is None
    assert queries.find(token="", user_id=stranger.pk) == theirs


def test_an_ordered_cart_is_closed_once() -> None:
    token = make_cart({make_sellable(): 1})
    operations.mark_ordered(cart_id=cart_id(token))

    with pytest.raises(CartClosed):
        operations.mark_ordered(cart_id=cart_id(token))

    assert queries.find(token=token, user_id=None) is None


def test_a_failed_order_gives_the_cart_back() -> None:
    mug = make_sellable()
    token = make_cart({mug: 2})
    operations.mark_ordered(cart_id=cart_id(token))

    for _ in range(2):
        assert operations.reopen(cart_id=cart_id(token)) == token

    assert queries.find(token=token, user_id=None) == token
    assert lines(token) == {mug: 2}


def test_what_was_put_into_a_newer_cart_meanwhile_is_kept() -> None:
    user, mug, jug = make_user(), make_sellable(), make_sellable()
    first = make_cart({mug: 2}, user_id=user.pk)
    operations.mark_ordered(cart_id=cart_id(first))
    second = make_cart({mug: 1, jug: 1}, user_id=user.pk)

    operations.reopen(cart_id=cart_id(first))

    assert queries.find(token="", user_id=user.pk) == first
    assert lines(first) == {mug: 2, jug: 1}
    with pytest.raises(CartClosed):
        operations.reopen(cart_id=cart_id(second))


def test_a_guest_cart_ends_after_thirty_days_and_a_persons_stays() -> None:
    mug = make_sellable()
    fresh, stale = make_cart({mug: 1}), make_cart({mug: 1})
    own = make_cart({mug: 1}, user_id=make_user().pk)
    Cart.objects.exclude(token=fresh).update(touched_at=Now() - timedelta(days=30, minutes=1))

    tasks.expire()

    assert queries.find(token=fresh, user_id=None) == fresh
    assert queries.find(token=stale, user_id=None) is None
    assert lines(stale) == {}
    assert lines(own) == {mug: 1}
    with pytest.raises(CartClosed):
        operations.reopen(cart_id=cart_id(stale))


def test_every_change_keeps_a_guest_cart_alive() -> None:
    mug = make_sellable()
    token = make_cart({mug: 1})
    Cart.objects.update(touched_at=Now() - timedelta(days=31))

    operations.add(token=token, variant_id=mug, quantity=1)

    assert operations.expire() == 0
