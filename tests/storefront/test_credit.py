"""Gift cards and store credit at the last step of the checkout, without JavaScript."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.orders.models import Order
from tests.factories.accounts import make_user
from tests.factories.credits import make_gift_card, make_store_credit
from tests.factories.orders import make_ready_cart

pytestmark = pytest.mark.django_db
USE = "/checkout/credit/"


@pytest.fixture
def shopper(client: Client) -> Client:
    client.cookies["cart"] = make_ready_cart().token
    return client


def test_a_code_is_typed_and_pays(shopper: Client, double: Any) -> None:
    _, code = make_gift_card(1500)

    page = shopper.post(USE, {"code": code}, follow=True).content.decode()

    assert f"Gift card ending in {code[-4:]}" in page
    assert "Order and pay $6.20" in page


def test_a_card_that_covers_it_all_leads_to_the_confirmation(shopper: Client, double: Any) -> None:
    _, code = make_gift_card(5000)
    page = shopper.post(USE, {"code": code}, follow=True)
    assert "Order now" in page.content.decode()
    review = page.context["review"]

    answer = shopper.post(
        reverse("checkout-place"),
        {
            "expected_total": review.quote.total.minor,
            "expected_due": review.due.minor,
            "currency": "USD",
        },
        follow=True,
    )

    assert "is confirmed" in answer.content.decode()
    assert Order.objects.get().credit_minor == 2120


def test_a_wrong_code_is_kept_in_its_field_with_the_reason(shopper: Client) -> None:
    answer = shopper.post(USE, {"code": "NOT-A-CARD"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="NOT-A-CARD"' in page
    assert "Please check the code" in page


def test_codes_can_be_tried_only_so_often(shopper: Client) -> None:
    _, code = make_gift_card()
    for _ in range(10):
        assert shopper.post(USE, {"code": "WRONG"}).status_code == 422

    answer = shopper.post(USE, {"code": code})

    assert answer.status_code == 429
    assert f'value="{code}"' in answer.content.decode()


def test_right_codes_are_not_counted(shopper: Client) -> None:
    _, code = make_gift_card()

    for _ in range(12):
        assert shopper.post(USE, {"code": code}).status_code == 302


@pytest.mark.parametrize(
    "form",
    [
        {"remove": "x"},
        {"remove": "9" * 40},
        {"remove": "-1"},
        {"store_credit": "\u00e9"},
        {"code": "\u20ac" * 500},
        {},
    ],
)
def test_nonsense_changes_nothing(shopper: Client, form: dict[str, str]) -> None:
    assert shopper.post(USE, form).status_code in (302, 422)


def test_without_a_cart_there_is_nothing_to_pay(client: Client) -> None:
    assert client.post(USE, {"code": "x"}).headers["Location"] == "/cart/"


def test_a_signed_in_shopper_uses_store_credit_and_sees_what_is_left(client: Client) -> None:
    user = make_user()
    make_store_credit(user.pk, 500)
    ready = make_ready_cart(user_id=user.pk)
    client.force_login(user)
    client.cookies["cart"] = ready.token

    before = client.get(reverse("checkout-review")).content.decode()
    after = client.post(USE, {"store_credit": "use"}, follow=True).content.decode()
    own = client.get(reverse("account-credit")).content.decode()

    assert "You have $5.00 of store credit" in before
    assert "Order and pay $16.20" in after
    assert "$5.00 of $5.00" in own


def test_store_credit_is_shown_only_to_its_owner(client: Client) -> None:
    make_store_credit(make_user().pk, 777)
    client.force_login(make_user())

    assert "$7.77" not in client.get(reverse("account-credit")).content.decode()


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(reverse("account-credit")).status_code == 302
