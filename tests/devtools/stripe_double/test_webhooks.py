import time

import stripe

from devtools.stripe_double import StripeDouble

from .conftest import client_of


def some(client, number):
    return [client.customers.create({"description": str(n)}).id for n in range(number)]


def ids(listener):
    return [event.data.object.id for event in listener.events]


def wait_until(test, timeout=60):
    deadline = time.monotonic() + timeout
    while not test():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.02)


def test_events_are_signed_and_carry_the_object_as_it_was(client, double, pay, listener):
    intent = pay(2000, metadata={"order": "7"})

    assert double.wait_for_webhooks()
    succeeded = next(event for event in listener.events if event.type == "payment_intent.succeeded")
    assert (succeeded.data.object.id, succeeded.data.object.metadata["order"]) == (intent.id, "7")
    assert (succeeded.livemode, succeeded.api_version) == (False, "2026-10-28.endive")
    assert succeeded.request.idempotency_key
    assert listener.refused == []


def test_an_event_is_tried_again_until_it_is_taken(client, double, listener):
    listener.answers = [500, 503, 404]

    some(client, 1)

    assert double.wait_for_webhooks()
    assert listener.types == ["customer.created"]
    assert double.webhooks()["events"][0]["attempts"] == 4


def test_delivery_survives_a_shop_that_is_down(client, double, listener):
    double.webhooks(url="http://127.0.0.1:9/nobody")
    some(client, 1)
    wait_until(lambda: double.webhooks()["events"][0]["attempts"] >= 2)

    double.webhooks(url=listener.url)
    double.retry_webhooks()

    assert double.wait_for_webhooks()
    assert listener.types == ["customer.created"]


def test_two_secrets_are_good_during_a_rotation(client, double, listener):
    double.webhooks(secrets=["whsec_old", "whsec_new"])
    for secret in ("whsec_old", "whsec_new"):
        listener.secret = secret
        some(client, 1)
        assert double.wait_for_webhooks()

    assert len(listener.events) == 2
    assert listener.signatures[0].count("v1=") == 2


def test_a_wrong_secret_is_noticed_and_the_event_waits(client, double, listener):
    double.webhooks(secrets=["whsec_wrong"])
    some(client, 1)
    wait_until(lambda: listener.refused)

    double.webhooks(secrets=["whsec_test"])
    double.retry_webhooks()

    assert double.wait_for_webhooks()
    assert len(listener.events) == 1


def test_events_of_accounts_may_have_their_own_secret(client, double, seller, listener):
    double.wait_for_webhooks()
    listener.clear()
    double.webhooks(connect_secrets=["whsec_connect"])
    listener.secret = "whsec_connect"

    client.accounts.update(seller, {"email": "a@example.com"})

    assert double.wait_for_webhooks()
    assert [event.account for event in listener.events] == [seller]


def test_events_are_duplicated(client, double, listener):
    double.disturb("duplicate", types="customer.*", copies=5)

    some(client, 2)

    assert double.wait_for_webhooks()
    received = [event.id for event in listener.events]
    assert sorted(received.count(one) for one in set(received)) == [1, 5]


def test_events_are_reordered(client, double, listener):
    double.disturb("reorder", count=3)

    created = some(client, 3)

    assert double.wait_for_webhooks()
    assert ids(listener) == created[::-1]


def test_events_held_for_reordering_are_sent_when_it_ends(client, double, listener):
    double.disturb("reorder", count=5)
    created = some(client, 2)

    double.clear_disturbances()

    assert double.wait_for_webhooks()
    assert ids(listener) == created[::-1]


def test_events_are_dropped_and_can_be_sent_again(client, double, listener):
    double.disturb("drop", times=1)
    lost, kept = some(client, 2)
    assert double.wait_for_webhooks()
    assert ids(listener) == [kept]
    event = next(e for e in client.events.list().data if e.data.object.id == lost)

    double.redeliver(event.id, times=2)

    assert double.wait_for_webhooks()
    assert ids(listener) == [kept, lost, lost]


def test_events_are_delayed(client, double, listener):
    double.disturb("delay", seconds=0.3)
    late, early = some(client, 2)

    assert double.wait_for_webhooks()
    assert ids(listener) == [early, late]


def test_events_are_sent_in_a_chosen_order(client, double, listener):
    double.pause_webhooks()
    some(client, 3)
    newest, middle, oldest = [event.id for event in client.events.list().data]

    assert double.send_events(middle, oldest, newest) == [200, 200, 200]

    assert [event.id for event in listener.events] == [middle, oldest, newest]


def test_a_changed_event_is_signed_properly_and_a_stale_one_is_refused(
    client, double, pay, listener
):
    pay(2000)
    assert double.wait_for_webhooks()
    event = client.events.list({"type": "payment_intent.succeeded"}).data[0]
    listener.events.clear()

    cheaper = double.forge(event.id, changes={"data.object.amount_received": 1, "livemode": True})
    stale = double.forge(event.id, timestamp=int(time.time()) - 360)
    foreign = double.forge(event.id, secret="whsec_other")

    assert [cheaper["status"], stale["status"], foreign["status"]] == [200, 400, 400]
    forged = listener.events[0]
    assert (forged.data.object.amount_received, forged.livemode) == (1, True)
    assert forged.id != event.id


def test_events_are_listed_and_retrieved(client, double, pay):
    intent = pay(2000)

    listed = client.events.list({"types": ["payment_intent.succeeded", "charge.succeeded"]})
    succeeded = next(e for e in listed.data if e.type == "payment_intent.succeeded")
    found = client.events.retrieve(succeeded.id)

    assert len(listed.data) == 2
    assert found.data.object.id == intent.id


def test_undelivered_events_are_sent_after_a_restart(tmp_path, listener):
    listener.clear()
    file = tmp_path / "state.sqlite3"
    with StripeDouble(webhook_url="http://127.0.0.1:9/", state=file) as double:
        some(client_of(double), 1)

    again = StripeDouble(webhook_url=listener.url, webhook_secret="whsec_test", state=file)
    with again:
        assert again.wait_for_webhooks()

    assert listener.types == ["customer.created"]


def test_the_listener_would_notice_a_bad_signature(listener):
    """Control: the events above were accepted because their signatures are right."""
    listener.clear()
    header = stripe.WebhookSignature.generate_signature_header("{}", "whsec_other")

    assert listener.receive(b"{}", header) == 400


def test_nothing_of_a_forgotten_world_arrives_afterwards(client, double, listener):
    listener.slow = 0.3
    some(client, 6)
    wait_until(lambda: listener.begun > 0)

    double.reset()

    assert len(listener.events) == listener.begun
    assert double.wait_for_webhooks(timeout=0)
