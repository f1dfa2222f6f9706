"""How requests are read and answers are shaped, whatever the object."""

import importlib

import pytest
import stripe

from devtools.stripe_double.core.params import decode
from devtools.stripe_double.core.routing import BEYOND, ROUTES

_CLIENTS_OWN = (
    "api_key content_type expand headers idempotency_key max_network_retries stripe_account "
    "stripe_context stripe_version"
)
CLIENTS_OWN = set(_CLIENTS_OWN.split())
REFUSED_BY_NAME = {"payment_method_types"}
SDK = {
    "POST v1/payment_intents": "payment_intent_create",
    "GET v1/payment_intents": "payment_intent_list",
    "GET v1/payment_intents/search": "payment_intent_search",
    "POST v1/payment_intents/{id}": "payment_intent_update",
    "POST v1/payment_intents/{id}/confirm": "payment_intent_confirm",
    "POST v1/payment_intents/{id}/capture": "payment_intent_capture",
    "POST v1/payment_intents/{id}/cancel": "payment_intent_cancel",
    "POST v1/checkout/sessions": "checkout.session_create",
    "GET v1/checkout/sessions": "checkout.session_list",
    "POST v1/checkout/sessions/{id}": "checkout.session_update",
    "POST v1/refunds": "refund_create",
    "GET v1/refunds": "refund_list",
    "POST v1/refunds/{id}": "refund_update",
    "GET v1/charges": "charge_list",
    "POST v1/charges/{id}": "charge_update",
    "GET v1/balance_transactions": "balance_transaction_list",
    "POST v1/accounts": "account_create",
    "POST v1/accounts/{id}": "account_update",
    "POST v1/account_links": "account_link_create",
    "POST v1/transfers": "transfer_create",
    "GET v1/transfers": "transfer_list",
    "POST v1/transfers/{id}/reversals": "transfer_reversal_create",
    "POST v1/payouts": "payout_create",
    "GET v1/payouts": "payout_list",
    "POST v1/topups": "topup_create",
    "POST v1/customers": "customer_create",
    "POST v1/customers/{id}": "customer_update",
    "GET v1/customers": "customer_list",
    "POST v1/setup_intents": "setup_intent_create",
    "POST v1/setup_intents/{id}/confirm": "setup_intent_confirm",
    "GET v1/disputes": "dispute_list",
    "POST v1/disputes/{id}": "dispute_update",
    "GET v1/events": "event_list",
}


@pytest.mark.parametrize("route", SDK)
def test_the_double_takes_the_parameters_the_sdk_knows_and_no_others(route):
    method, path = route.split()
    package, _, name = SDK[route].rpartition(".")
    module = importlib.import_module(
        f"stripe.params.{package + '.' if package else ''}_{name}_params"
    )
    typed = getattr(module, "".join(word.title() for word in name.split("_")) + "Params")
    known = set(typed.__annotations__) - CLIENTS_OWN
    segments = tuple(path.split("/"))
    ours = next(r for r in ROUTES[method, len(segments)] if r.segments == segments).allowed

    assert ours is not None
    assert ours - {"expand"} - REFUSED_BY_NAME <= known
    assert known - ours <= BEYOND


def test_nested_parameters_are_decoded():
    assert decode("a[b][0][c]=1&a[b][1][c]=2&e[]=x&e[]=y&m[1]=one&empty=") == {
        "a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}},
        "e": {"0": "x", "1": "y"},
        "m": {"1": "one"},
        "empty": "",
    }


def test_unknown_parameters_and_addresses_are_refused(client, double):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.create({"amount": 2000, "currency": "usd", "colour": "red"})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.products.list()

    assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "colour")
    assert missing.value.http_status == 404


def test_what_the_double_cannot_do_is_refused_by_name(client):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payment_intents.create(
            {"amount": 2000, "currency": "usd", "application_fee_amount": 1}
        )

    assert refusal.value.code == "not_in_double"


def test_an_unknown_object_is_a_404(client):
    for read in (
        client.payment_intents.retrieve,
        client.charges.retrieve,
        client.refunds.retrieve,
        client.transfers.retrieve,
        client.checkout.sessions.retrieve,
        client.events.retrieve,
        client.customers.retrieve,
        client.disputes.retrieve,
        client.payouts.retrieve,
        client.balance_transactions.retrieve,
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            read("xx_unknown")
        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_lists_are_paged_newest_first(client):
    made = [client.customers.create({"description": str(n)}).id for n in range(25)]

    first = client.customers.list()
    second = client.customers.list({"starting_after": first.data[-1].id, "limit": 20})
    back = client.customers.list({"ending_before": first.data[-1].id, "limit": 5})
    every = [customer.id for customer in client.customers.list().auto_paging_iter()]

    assert [c.id for c in first.data] == made[:-11:-1]
    assert (first.has_more, second.has_more, len(second.data)) == (True, False, 15)
    assert [c.id for c in back.data] == made[-5:-10:-1]
    assert every == made[::-1]


def test_lists_are_limited_by_time(client, double):
    client.customers.create({})
    now = double.advance(100)
    late = client.customers.create({})

    found = client.customers.list({"created": {"gte": now}})

    assert [customer.id for customer in found.data] == [late.id]


def test_ids_are_expanded_deeply_and_in_lists(client, pay):
    intent = pay(2000)

    txn = client.balance_transactions.list({"expand": ["data.source.payment_intent"]}).data[0]

    assert txn.source.payment_intent.id == intent.id
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.retrieve(intent.id, {"expand": ["colour"]})


def test_metadata_is_limited(client):
    for metadata in (
        {"k" * 41: "v"},
        {"k": "v" * 501},
        {f"k{n}": "v" for n in range(51)},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            client.customers.create({"metadata": metadata})

    allowed = {f"k{n}": "v" for n in range(50)}
    assert client.customers.create({"metadata": allowed}).metadata.to_dict() == allowed


def test_metadata_keys_that_are_numbers_stay_keys(client):
    made = client.customers.create({"metadata": {"0": "zero", "17": "seventeen"}})

    assert made.metadata.to_dict() == {"0": "zero", "17": "seventeen"}
