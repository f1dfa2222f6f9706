"""`/gift-cards/`: open to everybody, without JavaScript; the code is on none of its pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.credits import queries as cards
from commerce.giftcards import operations, queries
from commerce.giftcards.models import Purchase
from commerce.kernel.actor import acting_as
from commerce.payments.models import Refund
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import make_user
from tests.factories.giftcards import bought, known

pytestmark = pytest.mark.django_db
FORM = {
    "amount": "5000",
    "own_amount": "",
    "recipient_name": "Noor",
    "recipient_email": "noor@example.com",
    "message": "Happy birthday!",
    "deliver_on": "",
    "sender_name": "Ada",
    "sender_email": "ada@example.com",
    "key": "a-form",
}


def buy(client: Client, **changes: str) -> Any:
    return client.post(reverse("gift-cards"), FORM | changes)


def test_a_guest_is_led_to_the_payment_and_back_to_the_card(
    client: Client, double: StripeDouble
) -> None:
    answer = buy(client)
    assert answer.status_code == 302
    double.pay(answer["Location"])

    token = Purchase.objects.get().token
    page = client.get(reverse("gift-card", args=[token])).content.decode()

    assert "Your gift card is paid" in page
    code = cards.code(credit_id=known(token).credit_id or 0)
    assert code not in page


def test_words_that_are_not_mailed_are_named_at_their_field_and_kept(
    client: Client, double: StripeDouble
) -> None:
    answer = buy(client, message="Look at evil.com", sender_name="www.evil.com")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Leave out “evil.com”: the message" in page
    assert "Leave out “www.evil.com”: the name" in page
    assert "Look at evil.com</textarea>" in page
    assert not Purchase.objects.exists()


def test_a_mail_is_reported_by_a_button_and_not_by_opening_the_page(
    client: Client, double: StripeDouble
) -> None:
    purchase = bought(double)
    address = reverse("gift-card-report", args=[queries.report_key(purchase_id=purchase.id)])

    page = client.get(address).content.decode()
    assert "Report it" in page
    assert purchase.recipient_email not in page
    assert purchase.sender_email not in page
    assert known(purchase.token).reported_at is None
    assert client.post(address)["Location"] == address
    thanks = client.get(address).content.decode()
    assert "Thank you" in thanks
    assert "sends no words with gift cards for a month" in thanks
    assert known(purchase.token).reported_at is not None
    forged = reverse("gift-card-report", args=[purchase.token])
    assert client.get(forged).status_code == 404
    assert client.post(forged).status_code == 404


def test_what_was_left_out_is_asked_for_by_name(client: Client) -> None:
    page = buy(client, recipient_name="", sender_email="").content.decode()

    assert "Enter the name of whoever gets the gift card." in page
    assert "Enter your email address, for the receipt." in page
    assert "This field is required" not in page


def test_a_second_press_leads_to_the_same_payment(client: Client, double: StripeDouble) -> None:
    assert buy(client)["Location"] == buy(client)["Location"]
    assert Purchase.objects.count() == 1


def test_an_amount_of_ones_own_is_taken(client: Client, double: StripeDouble) -> None:
    assert buy(client, amount="own", own_amount="33.50").status_code == 302
    assert Purchase.objects.get().amount_minor == 3350


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "1"}, {"amount": "x"}, {"amount": ""},
        {"own_amount": "30"}, {"amount": "own", "own_amount": ""},
        {"amount": "own", "own_amount": "9.99"},
        {"amount": "own", "own_amount": "500.01"}, {"amount": "own", "own_amount": "12.005"},
        {"amount": "own", "own_amount": "NaN"}, {"amount": "own", "own_amount": "9" * 40},
        {"amount": "own", "own_amount": "1e400"},
        {"recipient_email": "nobody"}, {"recipient_name": ""},
        {"message": "x" * 501},  {"deliver_on": "2020-01-01"},
        {"deliver_on": "9999-12-31"}, {"deliver_on": "soon"}, {"sender_email": "x" * 300},
        {"key": ""}, {"key": "k" * 41},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_the_rest_is_kept(
    client: Client, double: StripeDouble, wrong: dict[str, str]
) -> None:
    answer = buy(client, **wrong)

    assert answer.status_code == 422
    assert 'value="Ada"' in answer.content.decode()
    assert not Purchase.objects.exists()


def test_more_than_one_buyer_may_have_is_refused_in_words(
    client: Client, double: StripeDouble, settings: Any
) -> None:
    settings.GIFT_CARD_DAY_MOST = 100
    answer = buy(client)
    assert answer.status_code == 422
    assert "within a day" in answer.content.decode()


def test_whoever_presses_too_often_is_told_when_to_come_back(
    client: Client, double: StripeDouble
) -> None:
    client.force_login(make_user())
    answers = [buy(client).status_code for _ in range(11)]
    assert answers[-1] == 429


def test_a_signed_in_buyer_need_not_type_who_they_are(client: Client) -> None:
    user = make_user(email="ada@fern.example")
    client.force_login(user)
    assert 'value="ada@fern.example"' in client.get(reverse("gift-cards")).content.decode()


def test_the_buyer_turns_back_and_nothing_is_bought(client: Client, double: StripeDouble) -> None:
    buy(client)
    token = Purchase.objects.get().token

    client.get(reverse("gift-card-cancel", args=[token]))

    page = client.get(reverse("gift-card", args=[token])).content.decode()
    assert "was not bought" in page


def test_the_buyer_gives_it_back(client: Client, double: StripeDouble) -> None:
    purchase = bought(double)

    answer = client.post(reverse("gift-card-give-back", args=[purchase.token]))

    assert answer.status_code == 302
    assert Refund.objects.get().amount_minor == 5000
    page = client.get(reverse("gift-card", args=[purchase.token])).content.decode()
    assert "was given back" in page


def test_what_cannot_be_given_back_is_said_on_its_page(
    client: Client, double: StripeDouble, settings: Any
) -> None:
    purchase = bought(double)
    settings.GIFT_CARD_WITHDRAW_DAYS = 0

    answer = client.post(reverse("gift-card-give-back", args=[purchase.token]))

    assert answer.status_code == 409
    assert "are over" in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "gift-card"), ("post", "gift-card-pay"), ("get", "gift-card-cancel"),
        ("post", "gift-card-give-back"),
    ],
)  # fmt: skip
def test_an_unknown_link_opens_nothing(client: Client, method: str, name: str) -> None:
    assert getattr(client, method)(reverse(name, args=["x" * 32])).status_code == 404


def test_the_page_of_a_card_is_kept_from_machines(client: Client, double: StripeDouble) -> None:
    with acting_as("system"):
        token = bought(double).token
    page = client.get(reverse("gift-card", args=[token]))
    assert "noindex" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert operations.finalise(token=token) == "paid"
