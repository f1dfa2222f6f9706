"""The address step when carriers know better: the shopper is asked, and their words are kept."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import Address
from commerce.checkout.models import Checkout
from commerce.orders import queries as orders
from devtools.carrier_double import CarrierDouble
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.orders import ReadyCart, make_ready_cart

pytestmark = pytest.mark.django_db

TYPED = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict(), "line1": "12 Mispeled Street"}


@pytest.fixture
def ready() -> ReadyCart:
    return make_ready_cart()


@pytest.fixture
def shopper(ready: ReadyCart, carriers: CarrierDouble, settings: Any) -> Client:
    settings.ADDRESS_VERIFICATION = True
    cache.clear()
    client = Client()
    client.cookies["cart"] = ready.token
    return client


def post(client: Client, typed: dict[str, str]) -> Any:
    return client.post(reverse("checkout-shipping"), typed)


def offered(page: Any) -> str:
    found = re.search(r'name="offered" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def told() -> tuple[str, str]:
    ship_to = Checkout.objects.get().ship_to
    return ship_to["line1"], ship_to.get("verification", "")


def test_what_parcels_reach_leads_to_shipping(shopper: Client) -> None:
    typed = {**TYPED, "line1": "12 Elm Street"}
    assert post(shopper, typed).status_code == 200
    assert told() == ("12 Elm Street", "deliverable")


def test_both_ways_of_writing_are_shown_and_what_was_typed_is_kept(shopper: Client) -> None:
    page = post(shopper, TYPED)
    text = page.content.decode()

    assert page.status_code == 422
    assert "Which address is right?" in text
    assert "12 Misspelled Street" in text
    assert 'value="12 Mispeled Street"' in text
    assert told()[0] == SAN_FRANCISCO.line1


@pytest.mark.parametrize(
    ("words", "line1", "verification"),
    [
        ("known", "12 Misspelled Street", "deliverable"),
        ("typed", "12 Mispeled Street", "kept"),
    ],
)
def test_the_shopper_chooses(shopper: Client, words, line1, verification) -> None:
    bundle = offered(post(shopper, TYPED))
    done = post(shopper, {**TYPED, "words": words, "offered": bundle})
    assert done.status_code == 200
    assert told() == (line1, verification)


def test_a_choice_is_for_the_address_it_was_asked_about(shopper: Client) -> None:
    bundle = offered(post(shopper, TYPED))
    corrected = {**TYPED, "line1": "14 Mispeled Street", "words": "known", "offered": bundle}
    assert "14 Misspelled Street" in post(shopper, corrected).content.decode()


@pytest.mark.parametrize("bundle", ["", "nonsense", "x" * 5000])
def test_a_choice_nobody_offered_asks_again(shopper: Client, bundle: str) -> None:
    page = post(shopper, {**TYPED, "words": "typed", "offered": bundle})
    assert page.status_code == 422
    assert offered(page)


def test_no_apartment_is_asked_about_once(shopper: Client) -> None:
    typed = {**TYPED, "line1": "12 Palm Apartments"}
    page = post(shopper, typed)
    assert "Is the address complete?" in page.content.decode()

    done = post(shopper, {**typed, "words": "typed", "offered": offered(page)})
    assert done.status_code == 200
    assert told() == ("12 Palm Apartments", "kept")


def test_what_parcels_do_not_reach_is_refused_beside_its_field(shopper: Client) -> None:
    page = post(shopper, {**TYPED, "line1": "9 No such house"})
    text = page.content.decode()
    assert page.status_code == 422
    assert re.search(r'id="id_line1"[^>]*aria-invalid="true"', text)
    assert "no such house number" in text
    assert told()[0] == SAN_FRANCISCO.line1


def test_an_order_says_that_nobody_could_tell(
    shopper: Client, carriers: CarrierDouble, double: StripeDouble, ready: ReadyCart
) -> None:
    carriers.fault("500", path="/v2/addresses", times=None)
    post(shopper, {**TYPED, "line1": "12 Elm Street"})
    order = orders.order(token=ready.place().order_token)
    assert order is not None
    assert order.ship_to["verification"] == "unverified"


def test_a_kept_address_remembers_that_parcels_reach_it(shopper: Client) -> None:
    user = make_user()
    shopper.force_login(user)
    post(shopper, {**TYPED, "line1": "12 Elm Street", "save_address": "on"})
    assert list(Address.objects.values_list("line1", "is_verified")) == [("12 Elm Street", True)]
