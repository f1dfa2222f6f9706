import threading

import pytest
import stripe

from .conftest import HERE, client_of

PARAMS = {
    "amount": 2000,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "automatic_payment_methods": HERE,
}


def key(value="order-7"):
    return {"idempotency_key": value}


def count(client):
    return len(client.payment_intents.list({"limit": 100}).data)


def test_the_same_key_gives_the_same_answer(client):
    first = client.payment_intents.create(PARAMS, key())
    again = client.payment_intents.create(PARAMS, key())

    assert again.id == first.id
    assert first.last_response.headers.get("Idempotent-Replayed") is None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert count(client) == 1


def test_the_same_key_with_other_parameters_or_path_is_refused(client):
    client.payment_intents.create(PARAMS, key())

    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.payment_intents.create(PARAMS | {"amount": 2001}, key())
    with pytest.raises(stripe.IdempotencyError):
        client.customers.create({}, key())

    assert refusal.value.http_status == 400
    assert count(client) == 1


def test_a_decline_is_replayed_without_a_second_charge(client):
    declined = PARAMS | {"payment_method": "pm_card_chargeDeclined"}
    refusals = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            client.payment_intents.create(declined, key())
        refusals.append(refusal.value.error.charge)

    assert refusals[0] == refusals[1]
    assert len(client.charges.list().data) == 1


def test_a_request_refused_for_its_parameters_leaves_the_key_free(client):
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.create(PARAMS | {"amount": 1}, key())

    assert client.payment_intents.create(PARAMS, key()).status == "succeeded"


def test_a_key_has_at_most_255_characters(client):
    with pytest.raises(stripe.IdempotencyError):
        client.payment_intents.create(PARAMS, key("x" * 256))

    assert client.payment_intents.create(PARAMS, key("x" * 255)).status == "succeeded"


def test_a_key_is_forgotten_after_24_hours(client, double):
    first = client.payment_intents.create(PARAMS, key())
    double.advance(23 * 3600)
    assert client.payment_intents.create(PARAMS, key()).id == first.id

    double.advance(3601)

    assert client.payment_intents.create(PARAMS, key()).id != first.id


def test_keys_of_different_accounts_do_not_meet(client, seller):
    mine = client.customers.create({"email": "a@example.com"}, key())
    theirs = client.customers.create({"email": "b@example.com"}, key() | {"stripe_account": seller})

    assert mine.id != theirs.id


def test_a_key_in_use_is_refused_and_the_first_request_goes_on(client, double, monkeypatch):
    begun, go_on, results = threading.Event(), threading.Event(), []

    def dawdle(seconds):
        begun.set()
        return go_on.wait(60)

    monkeypatch.setattr(double.app.stopping, "wait", dawdle)
    double.fault("latency")
    first = threading.Thread(
        target=lambda: results.append(client.payment_intents.create(PARAMS, key()))
    )
    first.start()
    assert begun.wait(60)

    with pytest.raises(stripe.APIError) as refusal:
        client_of(double).payment_intents.create(PARAMS, key())
    go_on.set()
    first.join()

    assert refusal.value.http_status == 409
    assert refusal.value.error.code == "idempotency_key_in_use"
    assert client.payment_intents.create(PARAMS, key()).id == results[0].id
    assert count(client) == 1


def test_sixteen_simultaneous_requests_with_one_key_have_one_effect(client, double):
    barrier = threading.Barrier(16)
    outcomes = []

    def run():
        own = client_of(double)
        barrier.wait()
        try:
            outcomes.append(own.payment_intents.create(PARAMS, key()).id)
        except stripe.APIError as refusal:
            outcomes.append(refusal.http_status)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(client) == 1
    assert len({outcome for outcome in outcomes if outcome != 409}) == 1
    assert len(client.charges.list().data) == 1
