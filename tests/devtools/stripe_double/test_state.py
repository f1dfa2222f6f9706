import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from devtools.stripe_double import Control, StripeDouble

from .conftest import HERE, available, client_of

ROOT = Path(__file__).parents[3]
PARAMS = {
    "amount": 2000,
    "currency": "usd",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "automatic_payment_methods": HERE,
}


def test_money_keys_and_clock_survive_a_restart(tmp_path):
    file = tmp_path / "var" / "state.sqlite3"
    with StripeDouble(state=file) as double:
        client = client_of(double)
        first = client.payment_intents.create(PARAMS, {"idempotency_key": "k"})
        held = client.payment_intents.create(PARAMS | {"capture_method": "manual"})
        now = double.advance(3600)

    with StripeDouble(state=file) as double:
        client = client_of(double)
        assert client.payment_intents.create(PARAMS, {"idempotency_key": "k"}).id == first.id
        assert available(client) == 1912
        assert now <= double.state()["now"] <= now + 60
        double.advance(7 * 86_400)
        assert client.payment_intents.retrieve(held.id).status == "canceled"


def test_a_file_of_another_version_is_begun_anew(tmp_path):
    file = tmp_path / "state.sqlite3"
    with StripeDouble(state=file) as double:
        client_of(double).payment_intents.create(PARAMS)
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("pragma user_version=99")

    with StripeDouble(state=file) as double:
        assert client_of(double).payment_intents.list().data == []


def test_without_a_file_everything_is_forgotten():
    with StripeDouble() as double:
        client_of(double).payment_intents.create(PARAMS)
    with StripeDouble() as double:
        assert client_of(double).payment_intents.list().data == []


@pytest.fixture
def process(tmp_path):
    """The double as `make run` starts it; killed without warning by the test."""

    def start():
        command = [sys.executable, "-m", "devtools.stripe_double", "--port", "0"]
        command += ["--state", str(tmp_path / "state.sqlite3")]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        children.append(child)
        assert child.stdout is not None
        return child, child.stdout.readline().split()[-1]

    children: list[subprocess.Popen[str]] = []
    yield start
    for child in children:
        child.kill()
        child.wait()


def test_what_was_answered_survives_a_kill(process):
    child, url = process()
    client = client_of(Control(url))
    intents = [client.payment_intents.create(PARAMS).id for _ in range(3)]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()

    _, url = process()

    found = client_of(Control(url)).payment_intents.list()
    assert [intent.id for intent in found.data] == intents[::-1]


def test_the_process_needs_neither_django_nor_the_shop(process):
    code = (
        "import sys, devtools.stripe_double.__main__;"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('django', 'commerce', 'cms', 'storefront', 'stripe')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"


def test_a_port_in_use_is_said_in_a_sentence(double):
    port = double.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "devtools.stripe_double", "--port", port]

    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert f"cannot use port {port}" in answer.stderr


def test_the_state_lists_every_movement(client, double, pay, seller):
    charge = pay(5000, metadata={"order": "7"}).latest_charge.id
    transfer = client.transfers.create(
        {"amount": 4000, "currency": "usd", "destination": seller, "source_transaction": charge}
    )
    client.transfers.reversals.create(transfer.id, {"amount": 500})
    client.refunds.create({"charge": charge, "amount": 600})
    client.payouts.create({"amount": 1000, "currency": "usd"}, {"stripe_account": seller})

    state = double.state()

    assert [(c["id"], c["fee"], c["transferred"]) for c in state["charges"]] == [
        (charge, 175, 3500)
    ]
    assert [(p["amount"], p["account"]) for p in state["payouts"]] == [(1000, seller)]
    assert state["balances"][seller]["usd"] == {"available": 2500, "pending": 0}
    assert state["totals"]["usd"] == {
        "charged": 5000,
        "topped_up": 0,
        "refunded": 600,
        "transferred": 4000,
        "reversed": 500,
        "paid_out": 1000,
        "disputed": 0,
        "fees": 175,
        "held": 3225,
        "difference": 0,
    }


def test_falsified_books_show_in_the_difference(client, double, pay):
    """Control: a fee changed by one behind everyone's back is what reconciliation must find."""
    txn = pay(2000).latest_charge.balance_transaction.id

    double.change_object(txn, fee=89)

    assert client.balance_transactions.retrieve(txn).fee == 89
    assert double.state()["totals"]["usd"]["difference"] == -1


def test_the_front_page_shows_what_happened(double, pay):
    pay(2000)

    status, _, page = double.post_form(double.url + "/")

    assert status == 200
    for text in ("Platform", "$19.12", "payment_intent.succeeded"):
        assert text in page


def test_a_live_key_is_refused(double):
    live = stripe.StripeClient("sk_live_1", base_addresses={"api": double.url})

    with pytest.raises(stripe.AuthenticationError):
        live.v1.balance.retrieve()
