"""Promotion codes by their address, as a browser without JavaScript uses them."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.cart import queries as carts
from commerce.notifications import mails
from commerce.orders import queries as orders
from commerce.pricing.models import Promotion
from commerce.sellers import queries as sellers
from commerce.sellers.types import MemberData
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.orders import Wanted, make_ready_cart
from tests.factories.pricing import make_promotion
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

USE, CART, REVIEW = reverse("cart-code"), reverse("cart"), reverse("checkout-review")


@pytest.fixture
def shopper(client: Client) -> Client:
    client.cookies["cart"] = make_ready_cart([Wanted(minor=2000)]).token
    return client


def codes(client: Client) -> tuple[str, ...]:
    return carts.contents(token=client.cookies["cart"].value).codes


def test_a_code_is_taken_in_the_cart_and_its_saving_shown_with_its_label(shopper: Client) -> None:
    make_promotion(code="TEN", label="Spring sale")

    answer = shopper.post(USE, {"promotion": "ten", "at": "cart"})
    page = shopper.get(answer["Location"]).content.decode()

    assert answer["Location"] == "/cart/?notice=code"
    assert "Your code is in." in page
    assert "−$2.00 Spring sale" in page
    assert "Code TEN" in page
    assert "How this price came about" in page


def test_a_wrong_code_keeps_what_was_typed_and_says_why(shopper: Client) -> None:
    for at in ("cart", "checkout"):
        answer = shopper.post(USE, {"promotion": "nonsense", "at": at})
        page = answer.content.decode()

        assert answer.status_code == 422
        assert "There is no code NONSENSE. Check how it is written." in page
        assert 'value="nonsense"' in page
    assert codes(shopper) == ()


def test_a_code_is_taken_and_removed_at_the_last_step(shopper: Client) -> None:
    make_promotion(code="TEN", label="Spring sale")

    assert shopper.post(USE, {"promotion": "TEN", "at": "checkout"})["Location"] == REVIEW
    page = shopper.get(REVIEW).content.decode()
    assert "−$2.00" in page
    # 18.00 + 7.00 shipping and 8.75 % of each
    assert "Order and pay $27.19" in page

    shopper.post(USE, {"remove": "TEN", "at": "checkout"})
    assert codes(shopper) == ()
    assert "Order and pay $29.36" in shopper.get(REVIEW).content.decode()


def test_a_code_that_stopped_working_is_told_in_the_cart(shopper: Client) -> None:
    make_promotion(code="TEN")
    shopper.post(USE, {"promotion": "TEN"})
    Promotion.objects.update(is_active=False)

    assert "The code TEN has ended." in shopper.get(CART).content.decode()


def test_codes_cannot_be_found_by_trying(shopper: Client) -> None:
    answers = [shopper.post(USE, {"promotion": f"TRY-{n}"}).status_code for n in range(11)]
    make_promotion(code="REAL")

    assert answers[:10] == [422] * 10
    assert answers[10] == 429
    assert shopper.post(USE, {"promotion": "REAL"}).status_code == 429
    assert codes(shopper) == ()


@pytest.mark.parametrize("typed", ["", " ", "💥" * 50, "'; --", "a" * 5000, "%s%n"])
def test_no_text_breaks_it(shopper: Client, typed: str) -> None:
    assert shopper.post(USE, {"promotion": typed}).status_code == 422
    assert shopper.post(USE, {"remove": typed}).status_code == 302


def test_without_a_cart_there_is_nothing_to_do(client: Client) -> None:
    assert client.post(USE, {"promotion": "TEN"})["Location"] == CART
    assert client.get(USE).status_code == 405


def test_with_promotions_and_an_address_the_cart_page_takes_nine_statements(
    shopper: Client,
) -> None:
    make_promotion(first_order=True)
    shopper.get(CART)

    with counted() as statements:
        shopper.get(CART)

    assert len(statements) == 9, "\n".join(statements)


def test_a_total_that_changed_is_shown_and_asked_for_again(shopper: Client) -> None:
    make_promotion(code="TEN")
    shopper.post(USE, {"promotion": "TEN", "at": "checkout"})
    total = shopper.get(REVIEW).context["review"].quote.total
    Promotion.objects.update(is_active=False)

    answer = shopper.post(
        reverse("checkout-place"), {"expected_total": total.minor, "currency": "USD"}
    )

    assert answer.status_code == 409
    assert "The code TEN has ended. Please check the order" in answer.content.decode()


def test_tax_is_estimated_in_the_cart_once_there_is_an_address(shopper: Client) -> None:
    page = shopper.get(CART).content.decode()

    assert SAN_FRANCISCO.region == "CA"
    assert "CA sales tax 8.75%" in page
    assert "estimated, on $" in page
    assert "Estimated shipping" in page


def test_how_prices_came_about_can_be_read_as_data(shopper: Client) -> None:
    make_promotion(code="TEN", label="Spring sale")
    shopper.post(USE, {"promotion": "TEN"})

    answer = shopper.get(reverse("cart-prices")).json()

    (line,) = answer["lines"]
    assert line["total"] == {"minor": 1800, "currency": "USD"}
    assert [step["kind"] for step in line["steps"]] == ["base", "promotion", "tax", "total"]
    assert answer["savings"] == [
        {"label": "Spring sale", "code": "TEN", "amount": {"minor": 200, "currency": "USD"}}
    ]


def test_an_orders_prices_are_read_by_its_link_and_by_nothing_else(client: Client) -> None:
    make_promotion(label="Spring sale")
    placed = make_ready_cart([Wanted(minor=2000)]).place()

    answer = client.get(reverse("order-prices", args=[placed.order_token])).json()

    assert answer["savings"][0]["amount"]["minor"] == 200
    assert [row["amount"]["minor"] for row in answer["taxes"]] == [219]
    assert "bears" not in str(answer)
    assert client.get(reverse("order-prices", args=["nobody"])).status_code == 404
    assert Client().get(reverse("cart-prices")).status_code == 404


def test_what_was_saved_stays_on_the_order_and_in_both_mails(client: Client) -> None:
    make_promotion(label="Spring sale")
    placed = make_ready_cart([Wanted(minor=2000)]).place()
    order = orders.order(token=placed.order_token)
    assert order is not None
    shops = sellers.sellers(seller_ids=[part.seller_id for part in order.seller_orders])

    page = client.get(reverse("order-tracking", args=[placed.order_token])).content.decode()
    mail = mails.order_confirmed(order, shops)
    (part,) = order.seller_orders
    person = MemberData(user_id=1, email="owner@example.com", first_name="Ola", role="owner")
    note = mails.new_order(part, shops[part.seller_id], person)

    assert "−$2.00 Spring sale" in page
    assert "How this price came about" in page
    for context in (mail["context"], note["context"]):
        (saving,) = context["savings"]
        assert (saving["label"], saving["amount"].minor) == ("Spring sale", -200)
        assert [(row["label"], row["amount"].minor) for row in context["taxes"]] == [
            ("CA sales tax", 219)
        ]
    assert note["context"]["borne"].minor == 200
