"""When others hold the shelf for too long, the shopper is told so and loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from commerce.cart import queries as carts
from commerce.checkout import operations
from commerce.inventory.models import Stock
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def crowd(variant_id: int) -> Iterator[None]:
    """Keep a shelf locked in another session, and wait for it only briefly in this one."""
    locked, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            list(Stock.objects.select_for_update().filter(variant_id=variant_id))
            locked.set()
            done.wait(20)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    locked.wait(20)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 100")
        yield
    finally:
        done.set()
        holder.join()


def test_a_shopper_in_a_crowd_is_asked_to_try_again(double: StripeDouble) -> None:
    ready = make_ready_cart()

    with crowd(ready.variants[0]), pytest.raises(operations.Crowded):
        ready.place()

    assert carts.find(token=ready.token, user_id=None) == ready.token
    assert ready.place().outcome == "pay"


def test_a_checkout_that_starts_in_a_crowd_is_asked_to_try_again() -> None:
    ready = make_ready_cart()

    with crowd(ready.variants[0]), pytest.raises(operations.Crowded):
        operations.begin(cart_token=ready.token)

    assert operations.begin(cart_token=ready.token) is not None


def test_placing_what_the_checkout_holds_waits_for_no_shelf(double: StripeDouble) -> None:
    ready = make_ready_cart()
    operations.begin(cart_token=ready.token)

    with crowd(ready.variants[0]):
        assert ready.place().outcome == "pay"


def test_a_payment_that_cannot_be_booked_in_a_crowd_is_booked_later(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    double.pay(str(placed.payment_url))

    with crowd(ready.variants[0]):
        assert operations.finalise(order_token=placed.order_token) == "pending"

    assert operations.finalise(order_token=placed.order_token) == "confirmed"
    assert len(charges(double)) == 1
