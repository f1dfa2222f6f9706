"""Ways to pay that are kept: tokens only, one's own only, offered next time, removed there too."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User
from commerce.checkout import operations as checkout
from commerce.checkout.types import Placed
from commerce.payments import operations, queries
from commerce.payments.models import Payer, Payment, SavedMethod
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import make_user
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges, session_of

pytestmark = pytest.mark.django_db


def place(user: User, *, keep: bool) -> Placed:
    ready = make_ready_cart(user_id=user.pk)
    return checkout.place(
        cart_token=ready.token,
        user_id=user.pk,
        expected_total=ready.total,
        return_url="https://shop.example/checkout/ORDER/",
        keep_method=keep,
    )


def pay(double: StripeDouble, user: User, *, keep: bool = True, **fields: str) -> Placed:
    placed = place(user, keep=keep)
    double.pay(str(placed.payment_url), **fields)
    assert checkout.finalise(order_token=placed.order_token) == "confirmed"
    return placed


def test_a_card_is_kept_by_its_token_when_its_owner_asks(double: StripeDouble) -> None:
    user = make_user()

    pay(double, user)

    [kept] = queries.saved_methods(user_id=user.pk)
    assert (kept.label, kept.is_default) == ("visa 4242", True)
    row = str(SavedMethod.objects.values().get())
    assert "4242424242424242" not in row
    assert SavedMethod.objects.get().provider_method.startswith("pm_")


def test_nothing_is_kept_of_who_does_not_ask(double: StripeDouble) -> None:
    user = make_user()

    pay(double, user, keep=False)

    assert queries.saved_methods(user_id=user.pk) == []
    assert not Payer.objects.exists()


def test_what_is_kept_is_offered_and_pays_next_time(double: StripeDouble) -> None:
    user = make_user()
    pay(double, user)
    again = place(user, keep=False)

    double.post_form(str(again.payment_url), saved=SavedMethod.objects.get().provider_method)

    assert checkout.finalise(order_token=again.order_token) == "confirmed"
    assert len(charges(double)) == 2
    assert SavedMethod.objects.count() == 1


def test_a_guest_keeps_nothing(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = checkout.place(
        cart_token=ready.token, user_id=None, expected_total=ready.total,
        return_url="https://shop.example/ORDER/", keep_method=True,
    )  # fmt: skip

    double.pay(str(placed.payment_url))
    checkout.finalise(order_token=placed.order_token)

    assert Payment.objects.get().terms.keys() == {"group"}


def test_a_person_is_made_known_once(double: StripeDouble) -> None:
    user = make_user()

    names = {operations.ensure_customer(user_id=user.pk, email=user.email) for _ in range(3)}

    assert len(names) == 1
    assert Payer.objects.count() == 1


def test_who_cannot_be_made_known_pays_all_the_same(double: StripeDouble) -> None:
    double.fault("500_before", path="/v1/customers", times=None)
    user = make_user()

    pay(double, user)

    assert queries.saved_methods(user_id=user.pk) == []


def test_what_is_removed_is_forgotten_at_the_provider_too(double: StripeDouble) -> None:
    user = make_user()
    pay(double, user)
    kept = SavedMethod.objects.get()

    operations.remove_method(user_id=user.pk, method_id=kept.pk)

    assert queries.saved_methods(user_id=user.pk) == []
    assert double.world.store.by_id[kept.provider_method]["customer"] is None
    with pytest.raises(operations.NotKept):
        operations.remove_method(user_id=user.pk, method_id=kept.pk)


def test_one_is_the_first_choice(double: StripeDouble) -> None:
    user = make_user()
    pay(double, user)
    pay(double, user, card="5555555555554444")
    second = SavedMethod.objects.get(label__startswith="mastercard")

    operations.make_default(user_id=user.pk, method_id=second.pk)

    assert queries.saved_methods(user_id=user.pk)[0].id == second.pk
    assert SavedMethod.objects.filter(is_default=True).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedMethod.objects.update(is_default=True)


def test_a_kept_way_pays_order_after_order_but_only_with_its_owner_at_the_page(
    double: StripeDouble,
) -> None:
    user = make_user()
    pay(double, user)
    for count in (2, 3):
        again = place(user, keep=False)
        assert len(charges(double)) == count - 1
        double.post_form(str(again.payment_url), saved=SavedMethod.objects.get().provider_method)
        assert checkout.finalise(order_token=again.order_token) == "confirmed"
        assert len(charges(double)) == count
    consents = {intent["setup_future_usage"] for intent in double.world.store.all("payment_intent")}
    assert consents <= {"on_session", None}


def test_others_see_and_change_nothing(double: StripeDouble, client: Client) -> None:
    owner, other = make_user(), make_user()
    pay(double, owner)
    address = reverse("account-method", args=[SavedMethod.objects.get().pk])
    client.force_login(other)

    assert "4242" not in client.get(reverse("account-methods")).content.decode().split("<main")[1]
    assert client.post(address, {"remove": "1"}).status_code == 404
    assert client.post(address, {"default": "1"}).status_code == 404

    client.force_login(owner)
    assert "Visa 4242" in client.get(reverse("account-methods")).content.decode()
    assert client.post(address, {"remove": "1"}).status_code == 302
    assert queries.saved_methods(user_id=owner.pk) == []


def test_a_provider_that_is_away_keeps_it_and_says_so(double: StripeDouble, client: Client) -> None:
    user = make_user()
    pay(double, user)
    client.force_login(user)
    double.outage("503")

    answer = client.post(
        reverse("account-method", args=[SavedMethod.objects.get().pk]), {"remove": "1"}
    )

    assert answer.status_code == 503
    assert "still there" in answer.content.decode()
    assert len(queries.saved_methods(user_id=user.pk)) == 1


def test_the_page_never_asks_for_a_known_persons_card_with_an_address_too(
    double: StripeDouble,
) -> None:
    user = make_user()
    placed = place(user, keep=True)

    session = double.world.store.by_id[session_of(str(placed.payment_url))]

    assert session["customer"] == Payer.objects.get().provider_customer
    assert session["customer_email"] is None
