import time

import pytest
import stripe

from devtools.stripe_double import Refused

from .test_webhooks import wait_until

PARAMS = {"amount": 2000, "currency": "usd"}
KEY = {"idempotency_key": "order-7"}


@pytest.fixture
def impatient(double):
    """A client that waits a quarter of a second for an answer."""
    return stripe.StripeClient(
        "sk_test_stoa",
        base_addresses={"api": double.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=0.25),
    ).v1


def count(client):
    return len(client.payment_intents.list().data)


@pytest.mark.parametrize(("kind", "effects"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_comes_before_or_after_the_effect(impatient, client, double, kind, effects):
    double.fault(kind, method="POST", path="/v1/payment_intents", seconds=1)

    with pytest.raises(stripe.APIConnectionError):
        impatient.payment_intents.create(PARAMS, KEY)

    wait_until(lambda: count(client) == effects)  # it works on while nobody waits for it
    client.payment_intents.create(PARAMS, KEY)
    assert count(client) == 1


def test_a_connection_may_be_closed_without_a_word(client, double):
    double.fault("reset")

    with pytest.raises(stripe.APIConnectionError):
        client.payment_intents.create(PARAMS, KEY)

    assert count(client) == 0


@pytest.mark.parametrize(
    ("kind", "effects", "recovers"),
    [("500_before", 0, True), ("500_stored", 0, False), ("500_after", 1, False)],
)
def test_a_500_may_be_stored_under_the_key(client, double, kind, effects, recovers):
    double.fault(kind, method="POST")

    with pytest.raises(stripe.APIError) as failure:
        client.payment_intents.create(PARAMS, KEY)

    assert failure.value.http_status == 500
    assert count(client) == effects
    if recovers:
        client.payment_intents.create(PARAMS, KEY)
        assert count(client) == 1
    else:
        with pytest.raises(stripe.APIError) as again:
            client.payment_intents.create(PARAMS, KEY)
        assert again.value.headers["Idempotent-Replayed"] == "true"
        assert count(client) == effects


def test_requests_may_be_limited_and_the_key_stays_free(client, double):
    double.fault("429", times=2)

    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.payment_intents.create(PARAMS, KEY)

    assert client.payment_intents.create(PARAMS, KEY).amount == 2000


def test_latency_delays_the_answer_only(client, double):
    double.fault("latency", seconds=0.2)

    begun = time.monotonic()
    answer = client.payment_intents.create(PARAMS)

    assert time.monotonic() - begun >= 0.2
    assert answer.amount == 2000
    assert double.app.faults.take("POST", "/v1/payment_intents") is None  # the next is not delayed


def test_a_fault_hits_only_what_it_names_after_what_it_skips(client, double):
    double.fault("429", method="POST", path="/v1/payment_intents/*/confirm", skip=1)
    client.payment_intents.create(PARAMS)
    confirm = {"payment_method": "pm_card_visa", "return_url": "http://shop.test/"}
    first, second = client.payment_intents.list().data[0], client.payment_intents.create(PARAMS)

    assert client.payment_intents.confirm(first.id, confirm).status == "succeeded"
    with pytest.raises(stripe.RateLimitError):
        client.payment_intents.confirm(second.id, confirm)


@pytest.mark.parametrize(
    ("mode", "error"), [("refuse", stripe.APIConnectionError), ("503", stripe.APIError)]
)
def test_an_outage_ends_when_it_is_told_to(client, double, mode, error):
    double.outage(mode)

    with pytest.raises(error):
        client.payment_intents.create(PARAMS)
    double.outage(None)

    assert count(client) == 0
    assert client.payment_intents.create(PARAMS).amount == 2000


def test_events_wait_while_the_provider_is_away(client, double, listener):
    double.pause_webhooks()
    client.payment_intents.create(PARAMS)
    double.outage("503")
    time.sleep(0.1)
    assert listener.types == []

    double.outage(None)
    double.wait_for_webhooks()

    assert listener.types == ["payment_intent.created"]


def test_hosted_pages_fail_too(double, checkout):
    session = checkout()
    double.fault("timeout_after", path="/c/pay/*", seconds=0.1)

    with pytest.raises(OSError):
        double.pay(session.url)

    assert double.state()["totals"]["usd"]["charged"] == 2450
    assert double.pay(session.url)[0] == 303


def test_a_command_that_makes_no_sense_says_so(double):
    for act in (
        lambda: double.fault("earthquake"),
        lambda: double.fault("429", often=3),
        lambda: double.disturb("shout"),
        lambda: double.outage("partial"),
        lambda: double.settings(colour="red"),
        lambda: double.open_dispute("ch_unknown"),
        lambda: double.complete_account("acct_unknown"),
    ):
        with pytest.raises(Refused):
            act()
