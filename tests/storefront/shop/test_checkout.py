"""Checkout by its addresses: three forms, one order, nothing lost on the way."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.cart import queries as carts
from commerce.cart.operations import merge
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import queries as stock
from commerce.inventory.operations import OutOfStock, reserve
from commerce.orders.models import Order
from commerce.sellers.models import Seller
from devtools.stripe_double import StripeDouble
from storefront import limits
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.inventory import stock_up
from tests.factories.orders import ReadyCart, Wanted, make_ready_cart
from tests.factories.selling import signed_in
from tests.support.provider import DECLINED
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}


def shopper_with(ready: ReadyCart) -> Client:
    client = Client()
    client.cookies["cart"] = ready.token
    return client


def methods_on(page: str) -> dict[str, str]:
    """The first way of shipping that the page offers for each seller."""
    offered: dict[str, str] = {}
    for name, value in re.findall(r'name="(method-\d+)" value="(\d+)"', page):
        offered.setdefault(name, value)
    return offered


def walk_to_review(client: Client) -> str:
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    return client.post(reverse("checkout-review"), methods_on(page)).content.decode()


def order_form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(expected_total|currency)" value="([^"]+)"', page))


def place(client: Client, page: str) -> Any:
    return client.post(reverse("checkout-place"), order_form(page))


def test_a_guest_buys_from_two_sellers(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted()], [Wanted(quantity=2)])
    client = shopper_with(ready)

    page = walk_to_review(client)
    to_pay = place(client, page)
    double.pay(to_pay["Location"])
    order = Order.objects.get()
    done = client.get(reverse("checkout-return", args=[order.token])).content.decode()

    assert order.number in done
    assert "is confirmed" in done
    assert Order.objects.get().state == "confirmed"


def test_a_whole_checkout_stays_within_sixty_three_statements(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted()], [Wanted()])
    double.pay(place(shopper_with(ready), walk_to_review(shopper_with(ready)))["Location"])
    first = Order.objects.get()
    Client().get(reverse("checkout-return", args=[first.token]))  # accounts, caches: all is warm
    client = Client()
    client.cookies["cart"] = make_cart(dict.fromkeys(ready.variants, 1))

    with counted() as statements:
        client.get(reverse("checkout-address"))
        page = walk_to_review(client)
        to_pay = place(client, page)
    double.pay(to_pay["Location"])
    second = Order.objects.exclude(pk=first.pk).get()
    with counted() as after:
        client.get(reverse("checkout-return", args=[second.token]))

    total = len(statements) + len(after)
    assert total <= 63, "\n".join([*statements, *after])


def test_an_address_that_cannot_be_is_explained_and_kept(client: Client) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    wrong = {**CONTACT, "postal_code": "ABC", "line1": ""}

    response = client.post(reverse("checkout-shipping"), wrong)

    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="ABC"' in page
    assert 'value="Ada Brook"' in page
    assert 'aria-invalid="true"' in page


def test_addresses_are_tried_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be a question to carriers and to the tax engine, which count them."""
    monkeypatch.setattr(limits, "ADDRESSES", replace(limits.ADDRESSES, each=1))
    client = shopper_with(make_ready_cart())
    typed = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}

    answers = [client.post(reverse("checkout-shipping"), typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Please try again" in answers[1].content.decode()
    assert SAN_FRANCISCO.line1 in answers[1].content.decode()
    assert answers[1]["Retry-After"]


@pytest.mark.parametrize("country", ["XX", "", "Atlantis", "ßß"])
def test_an_address_of_no_country_gets_its_own_message(country: str) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))

    response = client.post(reverse("checkout-shipping"), {**CONTACT, "country": country})

    assert response.status_code == 422
    assert "ountry" in response.content.decode()
    assert 'value="ada@example.com"' in response.content.decode()


def test_without_a_way_of_shipping_the_choice_is_asked_again() -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    client.post(reverse("checkout-shipping"), CONTACT)

    nonsense = {"method-x": "1", "method-1": "9" * 5000}
    response = client.post(reverse("checkout-review"), nonsense)

    assert response.status_code == 422
    assert "Please choose how" in response.content.decode()


def test_a_changed_total_is_shown_before_anything_is_charged(double: StripeDouble) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    page = walk_to_review(client)
    form = {**order_form(page), "expected_total": "1"}

    response = client.post(reverse("checkout-place"), form)

    assert response.status_code == 409
    assert "The total is now" in response.content.decode()
    assert not Order.objects.exists()


def test_a_total_beyond_all_numbers_is_just_a_wrong_one() -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    form = {**order_form(walk_to_review(client)), "expected_total": "9" * 5000}

    assert client.post(reverse("checkout-place"), form).status_code == 409


def test_a_second_submit_leads_to_the_same_order(double: StripeDouble) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    page = walk_to_review(client)

    first = place(client, page)
    second = place(client, page)

    assert first["Location"].startswith(double.url)
    assert Order.objects.count() == 1
    assert (
        Order.objects.get().token in second["Location"] or second["Location"] == first["Location"]
    )


def test_a_declined_card_can_be_followed_by_a_good_one(double: StripeDouble) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    url = place(client, walk_to_review(client))["Location"]

    double.pay(url, card=DECLINED)
    token = Order.objects.get().token
    waiting = client.get(reverse("checkout-return", args=[token])).content.decode()
    double.pay(url)
    done = client.get(reverse("checkout-return", args=[token])).content.decode()

    assert "Your payment has not come yet" in waiting
    assert "Go to the payment page" in waiting
    assert "is confirmed" in done


def test_turning_back_on_the_payment_page_keeps_the_cart(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    client = shopper_with(ready)
    place(client, walk_to_review(client))

    response = client.get(reverse("checkout-cancel", args=[Order.objects.get().token]))

    assert response["Location"] == "/cart/?notice=canceled"
    assert Order.objects.get().state == "canceled"
    page = client.get(reverse("cart")).content.decode()
    assert "Nothing was charged" not in page
    assert carts.contents(token=ready.token).count == 2


def test_a_provider_that_is_away_keeps_everything_and_says_what_to_do(
    double: StripeDouble,
) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    page = walk_to_review(client)
    double.outage("503")

    response = place(client, page)
    shown = client.get(response["Location"]).content.decode()

    assert response.status_code == 302
    assert "The payment page did not open" in shown
    assert "Try to pay again" in shown
    assert Order.objects.get().state == "pending"
    given_up = client.post(reverse("checkout-cancel", args=[Order.objects.get().token]))
    assert given_up["Location"] == "/cart/?notice=canceled"
    assert Order.objects.get().state == "canceled"


def test_a_signed_out_persons_cart_is_nobodys_who_finds_its_cookie(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted()])
    person = signed_in(make_user())
    person.cookies["cart"] = ready.token
    merge(guest_token=ready.token, user_id=int(person.session["_auth_user_id"]))
    page = walk_to_review(person)
    methods = methods_on(person.get(reverse("checkout-shipping")).content.decode())
    stranger = shopper_with(ready)

    seen = stranger.post(reverse("checkout-review"), methods)
    changed = stranger.post(reverse("checkout-shipping"), {**CONTACT, "line1": "6 Elm Street"})
    to_pay = place(person, page)
    placed = place(stranger, page)

    cart = reverse("cart")
    assert [answer["Location"] for answer in (seen, changed, placed)] == [cart] * 3
    assert to_pay["Location"].startswith(double.url)
    assert Order.objects.get().ship_to["line1"] == CONTACT["line1"]


def test_steps_out_of_order_lead_back() -> None:
    client = Client()
    client.cookies["cart"] = make_cart({make_sellable(): 1})

    assert client.get(reverse("checkout-review"))["Location"] == reverse("checkout-address")
    assert Client().get(reverse("checkout-address"))["Location"] == reverse("cart")
    assert Client().post(reverse("checkout-place"))["Location"] == reverse("cart")


def test_an_order_of_nobody_is_not_found(client: Client) -> None:
    assert client.get(reverse("checkout-return", args=["x" * 32])).status_code == 404
    assert client.get(reverse("checkout-cancel", args=["x" * 32])).status_code == 404
    assert client.post(reverse("checkout-retry", args=["x" * 32])).status_code == 404


def test_only_pages_that_lead_to_payment_may_post_beyond_the_shop(double: StripeDouble) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    client.post(reverse("checkout-shipping"), CONTACT)

    review = client.get(reverse("checkout-review")).headers["Content-Security-Policy"]
    address = client.get(reverse("checkout-address")).headers["Content-Security-Policy"]

    assert f"form-action 'self' {double.url}" in review
    assert double.url not in address


def test_an_address_that_a_seller_does_not_reach_is_refused_with_the_remedy() -> None:
    ready = make_ready_cart([Wanted()], [Wanted()])
    near, far = ready.sellers
    name = Seller.objects.get(pk=near).name
    fulfillment.set_shipping_method(
        seller_id=near, name="Standard", carrier_code="usps", currency="USD", base_minor=700,
        days=(3, 5), countries=["CA"],
    )  # fmt: skip
    client = shopper_with(ready)

    answer = client.post(reverse("checkout-shipping"), CONTACT)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{name} does not send to United States. Choose another address" in page
    assert f'href="{reverse("checkout-address")}"' in page
    assert f'name="method-{near}"' not in page
    assert f'name="method-{far}"' in page
    assert "Go on to review" not in page
    refused = client.post(reverse("checkout-review"), methods_on(page))
    assert refused.status_code == 422
    assert f"Please choose how {name} should ship" in refused.content.decode()
    assert not Order.objects.exists()


def test_the_promise_shown_at_checkout_is_kept_on_the_order(double: StripeDouble) -> None:
    ready = make_ready_cart()
    client = shopper_with(ready)
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    shown = re.search(r"arrives ([^<]+)<", page)[1]
    review = client.post(reverse("checkout-review"), methods_on(page)).content.decode()
    assert f"arrives {shown}" in review

    to_pay = place(client, review)
    double.pay(to_pay["Location"])
    order = Order.objects.get()
    method = order.seller_orders.get().shipping_method
    assert method["promised_from"] <= method["promised_to"]
    confirmed = client.get(reverse("checkout-return", args=[order.token])).content.decode()
    assert f"expected {shown}" in confirmed
    fulfillment.set_shipping_method(
        seller_id=ready.sellers[0], name="Standard", carrier_code="usps", currency="USD",
        base_minor=700, days=(30, 60),
    )  # fmt: skip
    later = client.get(reverse("order-tracking", args=[order.token])).content.decode()
    assert f"expected {shown}" in later


def test_a_shopper_picks_up_in_a_store(double: StripeDouble) -> None:
    ready = make_ready_cart()
    (seller_id,), (variant_id,) = ready.sellers, ready.variants
    place_id = stock.levels(variant_ids=[variant_id])[variant_id][0].location_id
    fulfillment.set_pick_up_point(
        seller_id=seller_id, location_id=place_id, address=SAN_FRANCISCO,
        opening_hours="Mon to Sat 9 to 18",
    )  # fmt: skip
    method_id = fulfillment.set_shipping_method(
        seller_id=seller_id, name="Store", kind="pickup", location_id=place_id, currency="USD",
        base_minor=0, days=(0, 0),
    )  # fmt: skip
    client = shopper_with(ready)
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    assert "ready to pick up" in page
    assert "Mon to Sat 9 to 18" in page
    review = client.post(reverse("checkout-review"), {f"method-{seller_id}": method_id})
    to_pay = place(client, review.content.decode())
    double.pay(to_pay["Location"])
    order = Order.objects.get()
    assert order.shipping_minor == 0
    confirmed = client.get(reverse("checkout-return", args=[order.token])).content.decode()
    assert "Mon to Sat 9 to 18" in confirmed


def test_the_unit_in_the_store_is_held_when_it_was_chosen(double: StripeDouble) -> None:
    ready = make_ready_cart()
    (seller_id,), (variant_id,) = ready.sellers, ready.variants
    method_id, store = offer_pick_up(seller_id, variant_id)
    client = shopper_with(ready)
    client.post(reverse("checkout-shipping"), CONTACT)
    page = client.post(reverse("checkout-review"), {f"method-{seller_id}": method_id})

    with pytest.raises(OutOfStock):
        reserve(holder="quicker", quantities={variant_id: 1}, places={variant_id: store})
    assert place(client, page.content.decode()).status_code == 302
    held = stock.held_by(holder=Order.objects.get().token)
    assert [one.location_id for one in held] == [store]


def offer_pick_up(seller_id: int, variant_id: int) -> tuple[int, int]:
    """Let the seller's store have one, to be picked up there; returns the way and the store."""
    store = stock_up(variant_id, 1, place="Store")
    fulfillment.set_pick_up_point(
        seller_id=seller_id, location_id=store, address=SAN_FRANCISCO, opening_hours="Mon to Sat"
    )
    method_id = fulfillment.set_shipping_method(
        seller_id=seller_id, name="Pick-up", kind="pickup", location_id=store, currency="USD",
        base_minor=0, days=(0, 0),
    )  # fmt: skip
    return method_id, store


def test_who_is_too_late_for_the_unit_in_the_store_chooses_again(
    double: StripeDouble, settings
) -> None:
    settings.CHECKOUT_HOLD_MINUTES = 0
    ready = make_ready_cart()
    (seller_id,), (variant_id,) = ready.sellers, ready.variants
    method_id, store = offer_pick_up(seller_id, variant_id)
    client = shopper_with(ready)
    client.post(reverse("checkout-shipping"), CONTACT)
    review = client.post(reverse("checkout-review"), {f"method-{seller_id}": method_id})
    reserve(holder="quicker", quantities={variant_id: 1}, places={variant_id: store})

    answer = place(client, review.content.decode())

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "is no longer possible. Nothing was charged. Please choose another." in page
    assert 'name="method-' in page
    assert not Order.objects.exists()


def test_whose_choice_is_gone_meanwhile_is_told_so_where_they_choose(double: StripeDouble) -> None:
    ready = make_ready_cart()
    client = shopper_with(ready)
    client.post(reverse("checkout-shipping"), CONTACT)
    fulfillment.set_shipping_method(
        seller_id=ready.sellers[0], name="Express", carrier_code="usps", currency="USD",
        base_minor=900, days=(1, 1),
    )  # fmt: skip
    page = client.get(reverse("checkout-shipping"))
    (part,) = page.context["review"].parts
    assert "no longer possible" not in page.content.decode()
    fulfillment.withdraw_shipping_method(
        seller_id=ready.sellers[0], method_id=part.options[0].method_id
    )

    answer = client.get(reverse("checkout-review"), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("checkout-shipping")
    assert "The way you chose before is no longer possible." in answer.content.decode()


def test_an_order_that_is_not_paid_leads_on_to_its_payment(double: StripeDouble) -> None:
    client = shopper_with(make_ready_cart([Wanted()]))
    place(client, walk_to_review(client))
    token = Order.objects.get().token

    waiting = client.get(reverse("order-tracking", args=[token])).content.decode()
    client.post(reverse("checkout-cancel", args=[token]))
    given_up = client.get(reverse("order-tracking", args=[token])).content.decode()

    assert reverse("checkout-return", args=[token]) in waiting
    assert "<dt>To pay</dt>" in waiting
    assert reverse("checkout-return", args=[token]) not in given_up
    assert "canceled before it was paid. If money was taken all the same" in given_up
    assert "<dt>Not charged</dt>" in given_up
