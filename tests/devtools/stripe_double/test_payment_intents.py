import pytest
import stripe

from .conftest import HERE


def test_a_confirmed_payment_has_a_charge_with_its_fee(client, pay):
    intent = pay(2000, metadata={"order": "7"}, transfer_group="order-7")

    charge = intent.latest_charge
    assert (intent.status, intent.amount_received) == ("succeeded", 2000)
    assert (charge.paid, charge.captured, charge.transfer_group) == (True, True, "order-7")
    assert charge.metadata["order"] == "7"
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (88, 1912)
    assert client.charges.retrieve(charge.id).payment_intent == intent.id


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declining_card_raises_its_code_and_leaves_the_payment_open(
    client, pay, card, code, decline_code
):
    with pytest.raises(stripe.CardError) as refusal:
        pay(2000, card)

    error = refusal.value.error
    assert (refusal.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    intent = client.payment_intents.retrieve(error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == decline_code
    charge = client.charges.retrieve(error.charge)
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", code, False)


def test_a_declined_payment_can_be_paid_with_another_card(client, pay):
    with pytest.raises(stripe.CardError) as refusal:
        pay(2000, "pm_card_chargeDeclined")

    intent = client.payment_intents.confirm(
        refusal.value.error.payment_intent.id, {"payment_method": "pm_card_mastercard"}
    )

    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert len(client.charges.list({"payment_intent": intent.id}).data) == 2


def test_raw_card_numbers_work_and_mistyped_ones_are_refused(client, pay):
    card = {"number": "378282246310005", "exp_month": 12, "exp_year": 2034, "cvc": "1234"}
    method = client.payment_methods.create({"type": "card", "card": card})

    assert (method.card.brand, method.card.last4) == ("amex", "0005")
    assert pay(2000, method.id).status == "succeeded"
    with pytest.raises(stripe.CardError) as refusal:
        client.payment_methods.create(
            {"type": "card", "card": card | {"number": "4242424242424241"}}
        )
    assert refusal.value.code == "incorrect_number"


def test_three_d_secure_is_approved_or_refused_on_the_banks_page(client, double):
    def start():
        return client.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_authenticationRequired",
                "return_url": "http://shop.test/back?x=1",
            }
        )

    intent, other = start(), start()
    assert intent.status == "requires_action"
    approved = double.post_form(intent.next_action.redirect_to_url.url, decision="approve")
    refused = double.post_form(other.next_action.redirect_to_url.url, decision="refuse")

    assert approved[1].startswith(f"http://shop.test/back?x=1&payment_intent={intent.id}")
    assert approved[1].endswith("redirect_status=succeeded")
    assert refused[1].endswith("redirect_status=failed")
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"
    failed = client.payment_intents.retrieve(other.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert failed.latest_charge is None


def test_without_the_shopper_a_card_that_wants_authentication_is_declined(pay):
    with pytest.raises(stripe.CardError) as refusal:
        pay(2000, "pm_card_authenticationRequired", off_session=True)

    assert refusal.value.code == "authentication_required"


def test_confirming_needs_a_way_back_when_payment_methods_may_redirect(client):
    params = {"amount": 2000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.create(params)

    assert (refusal.value.param, refusal.value.code) == ("return_url", "parameter_missing")
    back = {"return_url": "http://shop.test/back"}
    assert client.payment_intents.create(params | back).status == "succeeded"


def test_a_part_of_an_authorized_payment_is_captured_and_the_rest_released(client, pay):
    intent = pay(5000, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    assert intent.latest_charge.balance_transaction is None

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.capture(intent.id, {"amount_to_capture": 5001})
    assert refusal.value.code == "amount_too_large"
    captured = client.payment_intents.capture(
        intent.id, {"amount_to_capture": 3000, "expand": ["latest_charge"]}
    )

    assert (captured.status, captured.amount_received) == ("succeeded", 3000)
    assert captured.amount_capturable == 0
    charge = captured.latest_charge
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (3000, 2000, False)
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.payment_intents.capture(intent.id)
    assert again.value.code == "payment_intent_unexpected_state"


def test_canceling_releases_an_authorization_and_refuses_a_paid_payment(client, pay):
    intent = pay(5000, capture_method="manual")

    canceled = client.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer", "expand": ["latest_charge"]}
    )

    assert (canceled.status, canceled.latest_charge.refunded) == ("canceled", True)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.cancel(pay().id)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_an_authorization_lapses_after_seven_days(client, double, pay):
    intent = pay(5000, capture_method="manual")

    double.advance(7 * 86_400 + 1)

    found = client.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (found.status, found.cancellation_reason) == ("canceled", "automatic")
    assert found.latest_charge.refunded is True


def test_an_authorization_can_lapse_while_the_clock_stands_still(client, double, pay):
    intent = pay(5000, capture_method="manual")
    other = pay(5000)
    before = double.world.clock.now()

    assert double.hasten("expire_authorization") == 1

    assert client.payment_intents.retrieve(intent.id).status == "canceled"
    assert client.payment_intents.retrieve(other.id).status == "succeeded"
    assert double.world.clock.now() - before < 60
    double.advance(8 * 86_400)


@pytest.mark.parametrize(
    ("card", "status"),
    [("pm_double_delayed", "succeeded"), ("pm_double_delayedFail", "requires_payment_method")],
)
def test_a_delayed_payment_is_decided_later(client, double, pay, card, status):
    intent = pay(2000, card)
    assert (intent.status, intent.latest_charge.status) == ("processing", "pending")

    double.advance(4)

    assert client.payment_intents.retrieve(intent.id).status == status


def test_a_delayed_payment_is_decided_by_command_once(client, double, pay):
    intent = pay(2000, "pm_double_delayed")

    double.resolve_payment(intent.id, "failed")
    double.advance(60)

    assert client.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_an_open_payment_can_be_changed_and_a_paid_one_cannot(client, pay):
    intent = client.payment_intents.create(
        {"amount": 2000, "currency": "usd", "metadata": {"a": "1", "b": "2"}}
    )
    assert intent.status == "requires_payment_method"

    changed = client.payment_intents.update(
        intent.id, {"amount": 2500, "metadata": {"a": "", "c": "3"}}
    )

    assert changed.amount == 2500
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.update(pay().id, {"amount": 2500})


def test_payments_are_found_by_metadata(client, pay):
    wanted, other = pay(metadata={"order": "7"}), pay(metadata={"order": "8"})

    found = client.payment_intents.search({"query": "metadata['order']:'7' AND amount>100"})
    none = client.payment_intents.search({"query": 'metadata["order"]:"9"'})
    rest = client.payment_intents.search({"query": '-metadata["order"]:"7"'})

    assert [intent.id for intent in found.data] == [wanted.id]
    assert none.data == []
    assert [intent.id for intent in rest.data] == [other.id]


def test_amounts_and_currencies_are_checked(client):
    for params, code in (
        ({"amount": 49, "currency": "usd"}, "amount_too_small"),
        ({"amount": -1, "currency": "usd"}, "parameter_invalid_integer"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large"),
        ({"amount": "ten", "currency": "usd"}, "parameter_invalid_integer"),
        ({"amount": 2000, "currency": "xxx"}, "parameter_invalid"),
        ({"amount": 2000}, "parameter_missing"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.payment_intents.create(params)
        assert refusal.value.code == code


def test_payment_method_types_are_refused_as_the_pinned_version_does(client):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.create(
            {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]}
        )

    assert refusal.value.code == "payment_method_types_no_longer_supported"


def test_a_card_is_saved_with_a_setup_intent_and_used_again(client, pay):
    customer = client.customers.create({"email": "a@example.com"})
    setup = client.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": HERE,
        }
    )

    assert setup.status == "succeeded"
    saved = client.customers.payment_methods.list(customer.id)
    assert [method.id for method in saved.data] == [setup.payment_method]
    assert pay(2000, setup.payment_method, customer=customer.id).status == "succeeded"
