"""The check for fraud is asked before anything is written, and can be replaced."""

from typing import Any

import pytest

from commerce.checkout import fraud, operations
from commerce.checkout.fraud import Suspect, Velocity
from commerce.kernel.money import Money
from commerce.orders.models import Order
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import pages

pytestmark = pytest.mark.django_db
ADA = Suspect(
    email="ada@example.com", user_id=None, principal="", country="US", total=Money(100, "USD")
)


class Stern:
    asked: list[Suspect] = []

    def objection(self, suspect: Suspect) -> str:
        self.asked.append(suspect)
        return "too good to be true"


class Broken:
    def objection(self, suspect: Suspect) -> str:
        raise TimeoutError


@pytest.fixture(autouse=True)
def velocity(settings: Any) -> None:
    settings.FRAUD_CHECK = "commerce.checkout.fraud.Velocity"


def give_up(times: int) -> None:
    for _ in range(times):
        operations.abandon(order_token=make_ready_cart().place().order_token)


def test_another_check_can_be_named(double: StripeDouble, settings: Any) -> None:
    settings.FRAUD_CHECK = f"{__name__}.Stern"
    ready = make_ready_cart()

    with pytest.raises(operations.Suspected, match="cart is kept"):
        ready.place()

    assert not Order.objects.exists()
    assert pages(double) == 0
    assert Stern.asked[-1].email == "ada@example.com"
    assert Stern.asked[-1].country == "US"


def test_a_check_that_fails_stops_nobody(double: StripeDouble, settings: Any) -> None:
    settings.FRAUD_CHECK = f"{__name__}.Broken"

    assert make_ready_cart().place().outcome == "pay"


def test_who_gives_up_many_orders_in_an_hour_has_to_wait(double: StripeDouble) -> None:
    give_up(Velocity.MOST_FAILED)

    with pytest.raises(operations.Suspected):
        make_ready_cart().place()


def test_who_gives_up_a_few_is_not_suspected(double: StripeDouble) -> None:
    give_up(Velocity.MOST_FAILED - 1)

    assert make_ready_cart().place().outcome == "pay"


def test_another_address_is_not_suspected(double: StripeDouble) -> None:
    give_up(Velocity.MOST_FAILED)

    assert Velocity().objection(Suspect(**{**vars(ADA), "email": "bo@example.com"})) == ""


def test_it_can_be_left_to_the_provider() -> None:
    assert fraud.Nothing().objection(ADA) == ""
