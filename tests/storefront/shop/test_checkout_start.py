"""The start of the checkout holds what is in the cart, and tells at once what is short."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.checkout import operations
from commerce.gateways.payments import AWAY
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.models import Reservation
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from commerce.orders import queries as orders
from commerce.orders.models import Order
from devtools.stripe_double import StripeDouble
from storefront import limits
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.inventory import lapse
from tests.factories.orders import ReadyCart, Wanted, make_ready_cart
from tests.factories.selling import signed_in
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}
START = "/checkout/"


def shopper_with(token: str) -> Client:
    client = Client()
    client.cookies["cart"] = token
    return client


def kept(token: str) -> dict[int, int]:
    cart = cart_queries.contents(token=token)
    return {variant_id: one.units for variant_id, one in cart.kept.items()}


def lapse_now(token: str) -> None:
    """Let the time of a checkout be over, as if it had begun a quarter of an hour earlier."""
    holder = inventory.checkout_holder(cart_queries.cart_id_of(token=token))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_reservation SET created_at = created_at - interval '16 minutes',"
            " expires_at = expires_at - interval '16 minutes' WHERE holder = %s",
            [holder],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def place(client: Client) -> Any:
    page = client.get(reverse("checkout-review")).content.decode()
    form = dict(re.findall(r'name="(expected_total|currency)" value="([^"]+)"', page))
    return client.post(reverse("checkout-place"), form)


def test_the_button_in_the_cart_starts_the_checkout() -> None:
    ready = make_ready_cart()
    page = shopper_with(ready.token).get(reverse("cart")).content.decode()

    assert f'<form method="post" action="{START}">' in page


def test_starting_holds_every_line_and_leads_to_the_first_step() -> None:
    ready = make_ready_cart([Wanted(quantity=2)], [Wanted(quantity=3)])
    client = shopper_with(ready.token)

    answer = client.post(START)
    page = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == reverse("checkout-address")
    assert kept(ready.token) == dict(zip(ready.variants, (2, 3), strict=True))
    assert "kept for you for another 14" in page
    assert re.search(r'<time datetime="[^"]+" data-clock>\d\d:\d\d UTC</time>', page)


def test_a_link_leads_to_the_first_step_and_holds_nothing() -> None:
    ready = make_ready_cart()

    answer = shopper_with(ready.token).get(START)

    assert answer["Location"] == reverse("checkout-address")
    assert kept(ready.token) == {}


def test_without_a_cart_the_start_leads_to_the_cart(client: Client) -> None:
    assert client.post(START)["Location"] == reverse("cart")


def test_who_comes_by_a_link_is_held_with_the_first_form() -> None:
    ready = make_ready_cart()
    client = shopper_with(ready.token)

    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()

    assert kept(ready.token) == {ready.variants[0]: 1}
    assert "kept for you" in page


def test_who_is_signed_in_is_held_too() -> None:
    user = make_user(email="ada@example.com")
    ready = make_ready_cart(user_id=user.pk)

    assert signed_in(user).post(START).status_code == 302
    assert kept(ready.token) == {ready.variants[0]: 1}
    assert Reservation.objects.get().principal == f"user:{user.pk}"


def test_the_deadline_never_moves() -> None:
    ready = make_ready_cart()
    client = shopper_with(ready.token)
    client.post(START)
    until = cart_queries.contents(token=ready.token).kept_until
    line = cart_queries.contents(token=ready.token).lines[0]

    client.post(START)
    client.post(reverse("checkout-shipping"), CONTACT)
    client.get(reverse("checkout-address"))
    client.post(reverse("cart-line", args=[line.id]), {"quantity": "2"})
    client.post(START)

    now = cart_queries.contents(token=ready.token)
    assert (now.kept_until, now.lines[0].held) == (until, 2)


def test_what_is_put_in_or_taken_out_meanwhile_is_held_or_given_back() -> None:
    ready = make_ready_cart([Wanted(), Wanted()])
    first, second = ready.variants
    other = make_sellable(seller_id=ready.sellers[0])
    client = shopper_with(ready.token)
    client.post(START)
    line = cart_queries.contents(token=ready.token).lines[0]

    client.post(reverse("cart-add"), {"variant": other, "quantity": "3"})
    client.post(reverse("cart-line", args=[line.id]), {"remove": "1"})

    assert kept(ready.token) == {second: 1, other: 3}
    assert stock.available(variant_ids=[first])[first].reserved == 0


def test_an_emptied_cart_holds_nothing() -> None:
    ready = make_ready_cart()
    client = shopper_with(ready.token)
    client.post(START)
    line = cart_queries.contents(token=ready.token).lines[0]

    client.post(reverse("cart-line", args=[line.id]), {"quantity": "0"})

    assert stock.available(variant_ids=ready.variants)[ready.variants[0]].reserved == 0


def test_who_is_late_hears_it_before_typing_anything() -> None:
    ready = make_ready_cart([Wanted(on_hand=1, title="Last mug")])
    late = make_cart({ready.variants[0]: 1})
    shopper_with(ready.token).post(START)

    answer = shopper_with(late).post(START)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Last mug: This item is sold out." in page
    assert "Your cart" in page


def test_who_wants_more_than_is_left_hears_how_many_that_is() -> None:
    ready = make_ready_cart([Wanted(on_hand=3, quantity=2, title="Mug")])
    late = make_cart({ready.variants[0]: 2})
    shopper_with(ready.token).post(START)

    answer = shopper_with(late).post(START)

    assert "Mug: Only 1 left." in answer.content.decode()


def test_by_a_link_who_is_late_keeps_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one goes between looking and holding."""
    ready = make_ready_cart([Wanted(on_hand=1)])

    def gone(**_: object) -> None:
        raise inventory.OutOfStock({ready.variants[0]: 0})

    monkeypatch.setattr(inventory, "hold_for_checkout", gone)
    answer = shopper_with(ready.token).post(reverse("checkout-shipping"), CONTACT)

    assert answer.status_code == 409
    assert "Not enough left of Blue mug (0 left)" in answer.content.decode()
    assert 'value="ada@example.com"' in answer.content.decode()


def test_one_shopper_holds_their_share_alone() -> None:
    user = make_user(email="ada@example.com")
    ready = make_ready_cart([Wanted(on_hand=10, quantity=2)], user_id=user.pk)
    inventory.set_policy(variant_id=ready.variants[0], policy=PolicyData(shopper_cap=2))
    inventory.reserve(
        holder="other", quantities={ready.variants[0]: 1}, principal=f"user:{user.pk}"
    )

    answer = signed_in(user).post(START)

    assert answer.status_code == 409
    assert "only a share of" in answer.content.decode()


def test_the_start_is_tried_only_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STARTING", replace(limits.STARTING, each=1))
    client = shopper_with(make_ready_cart().token)

    answers = [client.post(START) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert answers[1]["Retry-After"]


def test_own_units_never_count_against_the_shopper() -> None:
    ready = make_ready_cart([Wanted(on_hand=2, quantity=2)])
    client = shopper_with(ready.token)
    client.post(START)

    for name in ("cart", "checkout-address", "checkout-shipping", "checkout-review"):
        page = client.get(reverse(name)).content.decode()
        assert "sold out" not in page, name
        assert "left." not in page, name
    assert place(client).status_code == 302


def test_placing_takes_the_hold_over(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(on_hand=2, quantity=2)])
    client = shopper_with(ready.token)
    client.post(START)
    holds = list(Reservation.objects.values_list("pk", flat=True))

    to_pay = place(client)
    double.pay(to_pay["Location"])
    order = Order.objects.get()
    client.get(reverse("checkout-return", args=[order.token]))

    assert Order.objects.get().state == "confirmed"
    hold = Reservation.objects.get()
    assert [hold.pk] == holds
    assert (hold.holder, hold.state) == (order.token, "claimed")


def test_what_lapsed_is_free_and_may_still_be_ordered(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(on_hand=1)])
    client = shopper_with(ready.token)
    client.post(START)
    lapse_now(ready.token)

    page = client.get(reverse("checkout-review")).content.decode()
    again = client.post(START)

    assert "no longer kept for you" in page
    assert again.status_code == 302
    assert cart_queries.contents(token=ready.token).has_lapsed
    assert place(client).status_code == 302
    assert stock.held_by(holder=Order.objects.get().token)[0].state == "active"


def test_what_lapsed_goes_to_who_comes_next() -> None:
    ready = make_ready_cart([Wanted(on_hand=1)])
    next_one = make_cart({ready.variants[0]: 1})
    client = shopper_with(ready.token)
    client.post(START)
    lapse_now(ready.token)
    inventory.release_lapsed()

    assert shopper_with(next_one).post(START).status_code == 302
    page = client.get(reverse("checkout-review")).content.decode()
    assert "This item is sold out" in page
    assert "they are all still there" not in page


def test_a_canceled_payment_gives_all_back_and_the_cart_may_begin_anew(
    double: StripeDouble,
) -> None:
    ready = make_ready_cart([Wanted(on_hand=1)])
    client = shopper_with(ready.token)
    client.post(START)
    place(client)
    order = Order.objects.get()

    client.post(reverse("checkout-cancel", args=[order.token]))

    assert stock.available(variant_ids=ready.variants)[ready.variants[0]].reserved == 0
    assert client.post(START).status_code == 302
    assert kept(ready.token) == {ready.variants[0]: 1}


def test_signing_in_carries_the_hold_along() -> None:
    user = make_user(email="ada@example.com")
    own = make_cart({make_sellable(): 1}, user_id=user.pk)
    ready = make_ready_cart([Wanted(on_hand=1)])
    shopper_with(ready.token).post(START)
    until = cart_queries.contents(token=ready.token).kept_until

    assert carts.merge(guest_token=ready.token, user_id=user.pk) == own

    merged = cart_queries.contents(token=own)
    assert merged.kept[ready.variants[0]].until == until
    assert merged.kept_until is None  # the other line is held by the next step
    operations.begin(cart_token=own)
    assert cart_queries.contents(token=own).kept_until == until


def test_without_the_setting_nothing_is_held_before_the_order(settings) -> None:
    settings.CHECKOUT_HOLD_MINUTES = 0
    ready = make_ready_cart()
    client = shopper_with(ready.token)

    assert client.post(START).status_code == 302
    client.post(reverse("checkout-shipping"), CONTACT)
    assert kept(ready.token) == {}
    assert place(client).status_code == 302


def test_a_scarce_item_that_its_cart_holds_for_longer_stays_with_the_cart(
    double: StripeDouble,
) -> None:
    ready = make_ready_cart([Wanted(on_hand=2), Wanted()])
    scarce, plain = ready.variants
    inventory.set_policy(variant_id=scarce, policy=PolicyData(cart_hold_minutes=60))
    client = shopper_with(ready.token)
    client.post(reverse("cart-add"), {"variant": scarce, "quantity": "1"})

    client.post(START)

    assert kept(ready.token) == {plain: 1}
    cart = cart_queries.contents(token=ready.token)
    assert [line.held for line in cart.lines] == [2, 1]
    assert place(client).status_code == 302
    held = stock.held_by(holder=Order.objects.get().token)
    assert {(one.variant_id, one.quantity) for one in held} == {(scarce, 2), (plain, 1)}


def test_a_scarce_item_that_its_cart_holds_for_less_is_held_by_the_checkout() -> None:
    ready = make_ready_cart([Wanted(on_hand=2)])
    [scarce] = ready.variants
    inventory.set_policy(variant_id=scarce, policy=PolicyData(cart_hold_minutes=5))
    client = shopper_with(ready.token)
    client.post(reverse("cart-add"), {"variant": scarce, "quantity": "1"})

    client.post(START)
    assert kept(ready.token) == {scarce: 2}
    line = cart_queries.contents(token=ready.token).lines[0]
    client.post(reverse("cart-line", args=[line.id]), {"quantity": "1"})

    assert kept(ready.token) == {scarce: 1}
    assert stock.available(variant_ids=[scarce])[scarce].reserved == 1


def test_goods_that_come_later_are_held_for_who_read_the_day(double: StripeDouble) -> None:
    ready: ReadyCart = make_ready_cart([Wanted(on_hand=1, quantity=1)])
    [late] = ready.variants
    day = clock.now().date() + timedelta(days=9)
    inventory.set_policy(
        variant_id=late,
        policy=PolicyData(kind="backorder", backorder_limit=5, expected_on=day),
    )
    client = shopper_with(ready.token)
    client.post(reverse("cart-add"), {"variant": late, "quantity": "2"})

    client.post(START)

    assert kept(ready.token) == {late: 3}
    assert cart_queries.contents(token=ready.token).lines[0].promised_by == day
    place(client)
    order = Order.objects.get()
    found = orders.order(token=order.token)
    assert found is not None
    assert found.lines[0].promised_by == day


def test_starting_takes_a_dozen_statements_however_much_is_in_the_cart() -> None:
    small, large = make_ready_cart(), make_ready_cart([Wanted()] * 4, [Wanted()] * 4)
    shopper_with(make_ready_cart().token).post(START)
    taken = []
    for ready in (small, large):
        with counted() as statements:
            shopper_with(ready.token).post(START)
        taken.append(len(statements))

    assert taken[0] == taken[1]
    assert taken[0] <= 12


def test_an_hour_later_the_cart_may_be_held_again() -> None:
    ready = make_ready_cart()
    client = shopper_with(ready.token)
    client.post(START)
    lapse(inventory.checkout_holder(cart_queries.cart_id_of(token=ready.token)))
    inventory.release_lapsed()

    client.post(START)

    assert kept(ready.token) == {ready.variants[0]: 1}


def test_who_begins_while_nobody_can_pay_is_told_before_typing() -> None:
    ready = make_ready_cart()
    client = shopper_with(ready.token)
    address = reverse("checkout-address")
    sentence = "Our payment provider does not answer"

    assert sentence not in client.get(address).content.decode()
    cache.set(AWAY, True)
    assert sentence in client.get(address).content.decode()
