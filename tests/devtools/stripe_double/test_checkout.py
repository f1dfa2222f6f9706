import html
import re

import pytest
import stripe

from .conftest import line


def test_a_shopper_pays_and_comes_back(client, double, checkout):
    session = checkout(
        customer_email="a@example.com",
        client_reference_id="order-7",
        metadata={"order": "7"},
        payment_intent_data={"metadata": {"order": "7"}, "transfer_group": "order-7"},
    )
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.payment_intent) == (2450, None)

    status, location, _ = double.pay(session.url)

    assert (status, location) == (303, f"http://shop.test/thanks?session={session.id}")
    paid = client.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "a@example.com"
    assert [item.amount_total for item in paid.line_items.data] == [2000, 450]
    intent = paid.payment_intent
    assert (intent.amount_received, intent.metadata["order"]) == (2450, "7")
    assert intent.latest_charge.transfer_group == "order-7"
    found = client.checkout.sessions.list({"payment_intent": intent.id})
    assert [one.id for one in found.data] == [session.id]


def test_a_decline_is_told_on_the_page_and_another_card_works(client, double, checkout, listener):
    session = checkout()

    status, _, page = double.pay(session.url, "4000 0000 0000 9995")

    assert status == 402
    assert "not enough money" in page
    assert 'value="4000 0000 0000 9995"' in page
    assert re.search(r'id="cvc" name="cvc" value=""', page)
    open_session = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert open_session.status == "open"
    assert open_session.payment_intent.last_payment_error.decline_code == "insufficient_funds"
    assert double.pay(session.url)[0] == 303
    double.wait_for_webhooks()
    assert sorted(listener.types) == [
        "charge.failed",
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
    ]


def test_three_d_secure_refused_returns_to_the_page_and_approved_pays(client, double, checkout):
    session = checkout()

    _, bank, _ = double.pay(session.url, "4000002760003184")
    _, back, _ = double.post_form(bank, decision="refuse")
    assert back == session.url
    assert client.checkout.sessions.retrieve(session.id).status == "open"
    _, bank, _ = double.pay(session.url, "4000000000003220")
    _, done, _ = double.post_form(bank, decision="approve")

    assert done == f"http://shop.test/thanks?session={session.id}"
    assert client.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_each_field_says_what_is_wrong_with_it(double, checkout):
    session = checkout()

    status, _, page = double.pay(
        session.url, "4242 4242 4242 4241", email="no", expiry="13/20", cvc="1", name=""
    )

    errors = re.findall(r'class="error" id="(\w+)-error"', page)
    assert (status, errors) == (422, ["email", "card", "expiry", "cvc", "name"])
    assert double.pay(session.url, "378282246310005", cvc="123")[0] == 422
    assert double.pay(session.url, "378282246310005", cvc="1234", expiry="1/2034")[0] == 303


def test_an_expired_card_date_is_refused(double, checkout):
    _, _, page = double.pay(checkout().url, expiry="01/20")

    assert "This card has expired." in page


def test_a_test_card_is_filled_in_without_paying(client, double, checkout):
    session = checkout()

    status, _, page = double.post_form(
        session.url, fill="4000000000000002", email="kept@example.com", name="Kept Name"
    )

    assert status == 200
    for value in ("4000 0000 0000 0002", "12/34", "kept@example.com", "Kept Name"):
        assert f'value="{value}"' in page
    assert client.checkout.sessions.retrieve(session.id).payment_intent is None


def test_paying_twice_from_two_tabs_charges_once(client, double, checkout):
    session = checkout()

    first, second = double.pay(session.url), double.pay(session.url)

    assert first[:2] == second[:2]
    assert len(client.charges.list().data) == 1


def test_what_shops_and_shoppers_write_is_escaped(double, checkout):
    evil = '<script>alert("x")</script>'
    session = checkout(line_items=[line(evil, 1000, 1)])

    _, _, page = double.pay(session.url, name=f'"{evil}', expiry="bad")

    assert evil not in page
    assert html.escape(evil) in page


def test_an_expired_session_takes_no_money(client, double, checkout):
    session, later = checkout(), checkout()
    double.pay(session.url, "4000000000000002")

    expired = client.checkout.sessions.expire(session.id, {"expand": ["payment_intent"]})
    double.advance(86_401)

    assert (expired.status, expired.payment_intent.status) == ("expired", "canceled")
    assert double.pay(session.url)[0] == 410
    assert double.pay(later.url)[0] == 410
    assert client.checkout.sessions.retrieve(later.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        client.checkout.sessions.expire(session.id)
    assert client.charges.list().data[0].status == "failed"


def test_the_payment_of_a_session_is_not_canceled_on_its_own(client, double, checkout):
    session = checkout()
    double.pay(session.url, "4000000000000002")
    intent = client.checkout.sessions.retrieve(session.id).payment_intent

    for act in (client.payment_intents.cancel, client.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            act(intent)
        assert refusal.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("card", "ending", "payment_status"),
    [("4000008400000019", "succeeded", "paid"), ("4000008400000027", "failed", "unpaid")],
)
def test_a_delayed_payment_completes_the_session_before_the_money(
    client, double, checkout, listener, card, ending, payment_status
):
    session = checkout()
    double.pay(session.url, card)
    waiting = client.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")

    double.advance(4)

    assert client.checkout.sessions.retrieve(session.id).payment_status == payment_status
    double.wait_for_webhooks()
    assert f"checkout.session.async_payment_{ending}" in listener.types


def by_transfer(client):
    options = {"funding_type": "bank_transfer", "bank_transfer": {"type": "us_bank_transfer"}}
    return {
        "customer": client.customers.create({"email": "ada@example.com"}).id,
        "customer_email": None,
        "payment_method_options": {"customer_balance": options},
    }


@pytest.mark.parametrize("lacking", ["customer", "funding_type", "bank_transfer"])
def test_a_bank_transfer_needs_a_customer_and_a_kind_of_account(client, checkout, lacking):
    fields = by_transfer(client)
    if lacking == "customer":
        fields = {"payment_method_options": fields["payment_method_options"]}
    else:
        del fields["payment_method_options"]["customer_balance"][lacking]

    with pytest.raises(stripe.InvalidRequestError, match=lacking):
        checkout(allowed_payment_method_types=["card", "customer_balance"], **fields)


@pytest.mark.parametrize(
    ("method", "kind", "ends"),
    [
        ("paypal", "paypal", "succeeded"), ("link", "link", "succeeded"),
        ("apple_pay", "card", "succeeded"), ("us_bank_account", "us_bank_account", "processing"),
        ("customer_balance", "customer_balance", "processing"),
    ],
)  # fmt: skip
def test_other_ways_to_pay_end_as_they_do(client, double, checkout, method, kind, ends):
    offered = ["card", "paypal", "link", "us_bank_account", "customer_balance"]
    session = checkout(allowed_payment_method_types=offered, **by_transfer(client))

    double.pay(session.url, method=method)

    found = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    charge = client.charges.retrieve(found.payment_intent.latest_charge)
    assert (found.payment_intent.status, charge.payment_method_details.type) == (ends, kind)


def test_the_page_offers_what_the_session_allows(double, checkout):
    session = checkout(allowed_payment_method_types=["card", "paypal"])

    page = double.post_form(session.url)[2]

    assert "Pay with PayPal" in page
    assert "Pay with Apple Pay" in page
    assert "SEPA" not in page


def test_a_kept_card_is_offered_to_its_customer_alone(client, double, checkout):
    customer = client.customers.create({"email": "ada@example.com"})
    known = {"customer": customer.id, "customer_email": None}
    first = checkout(**known, payment_intent_data={"setup_future_usage": "on_session"})
    double.pay(first.url)
    [kept] = client.customers.payment_methods.list(customer.id).data

    second, strangers = checkout(**known), checkout()

    assert "Pay with kept visa 4242" in double.post_form(second.url)[2]
    assert "Pay with kept" not in double.post_form(strangers.url)[2]
    double.post_form(second.url, saved=kept.id)
    assert client.checkout.sessions.retrieve(second.id).payment_status == "paid"


def test_fields_in_the_shops_page_pay_the_same_session(client, double, checkout):
    session = checkout(
        ui_mode="elements", return_url="https://shop.example/back", success_url=None,
        cancel_url=None,
    )  # fmt: skip

    status, _, answer = double.post_form(f"{double.url}/c/element/{session.client_secret}")

    assert (status, session.url) == (200, None)
    assert "https://shop.example/back" in answer
    assert client.checkout.sessions.retrieve(session.id).payment_status == "paid"
    guess = f"{double.url}/c/element/{session.id}_secret_guess"
    assert double.post_form(guess)[0] == 404


def test_a_session_may_authorize_only(client, double, checkout):
    session = checkout(payment_intent_data={"capture_method": "manual"})
    double.pay(session.url)

    found = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})

    assert (found.status, found.payment_intent.status) == ("complete", "requires_capture")
    assert client.payment_intents.capture(found.payment_intent.id).status == "succeeded"
    assert client.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"mode": "subscription"}, "not_in_double"),
        ({"ui_mode": "embedded_page"}, "not_in_double"),
        ({"ui_mode": "hosted"}, "parameter_invalid"),
        ({"line_items": []}, "parameter_missing"),
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "not_in_double"),
        ({"line_items": [line("Cup", 1000, 0)]}, "parameter_invalid"),
        ({"success_url": "/thanks"}, "url_invalid"),
        ({"expires_at": 1}, "parameter_invalid"),
        ({"payment_intent_data": {"application_fee_amount": 1}}, "not_in_double"),
        ({"payment_intent_data": {"nonsense": 1}}, "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "parameter_unknown"),
    ],
)
def test_a_session_that_cannot_be_is_refused(checkout, values, code):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        checkout(**values)

    assert refusal.value.code == code
