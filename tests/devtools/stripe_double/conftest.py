"""A running double, the provider's SDK pointed at it, and a shop that only listens."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from devtools.stripe_double import StripeDouble

SECRET = "whsec_test"
HERE = {"enabled": True, "allow_redirects": "never"}  # cards only: no return_url is needed


class Listener:
    """An endpoint that verifies every event as a shop does and remembers it."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.signatures: list[str] = []
        self.refused: list[str] = []
        self.answers: list[int] = []  # statuses to give before 200
        self.begun = 0  # requests that arrived, answered or not
        self.slow = 0.0  # seconds until an answer
        self.secret = SECRET
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(listener.receive(body, self.headers["Stripe-Signature"]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks/stripe/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def receive(self, body: bytes, signature: str) -> int:
        with self._lock:
            self.begun += 1
        time.sleep(self.slow)
        with self._lock:
            try:
                event = stripe.Webhook.construct_event(body, signature, self.secret)
            except stripe.SignatureVerificationError as error:
                self.refused.append(str(error))
                return 400
            status = self.answers.pop(0) if self.answers else 200
            if status == 200:
                self.events.append(event)
                self.signatures.append(signature)
            return status

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def clear(self) -> None:
        for kept in (self.events, self.signatures, self.refused, self.answers):
            kept.clear()
        self.begun, self.slow = 0, 0.0
        self.secret = SECRET

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def _listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def _double(_listener: Listener) -> Iterator[StripeDouble]:
    with StripeDouble(webhook_url=_listener.url, webhook_secret=SECRET) as double:
        yield double


@pytest.fixture
def listener(_listener: Listener) -> Listener:
    return _listener


@pytest.fixture
def double(_double: StripeDouble, _listener: Listener) -> StripeDouble:
    _double.reset()
    _double.webhooks(url=_listener.url, secrets=[SECRET], connect_secrets=[])
    _listener.clear()
    return _double


def client_of(double: StripeDouble) -> Any:
    return stripe.StripeClient(
        "sk_test_stoa", base_addresses={"api": double.url}, max_network_retries=0
    ).v1


@pytest.fixture
def client(double: StripeDouble) -> Any:
    return client_of(double)


@pytest.fixture
def pay(client: Any) -> Any:
    """Take a payment at once: pay(2000), pay(2000, "pm_card_chargeDeclined", metadata=…)."""

    def take(amount: int = 2000, card: str = "pm_card_visa", **values: Any) -> Any:
        params = {
            "amount": amount,
            "currency": "usd",
            "confirm": True,
            "payment_method": card,
            "automatic_payment_methods": HERE,
            "expand": ["latest_charge.balance_transaction"],
        }
        return client.payment_intents.create(params | values)

    return take


@pytest.fixture
def seller(client: Any, double: StripeDouble) -> str:
    """A connected account that finished its onboarding."""
    account = client.accounts.create(
        {"type": "express", "country": "US", "capabilities": {"transfers": {"requested": True}}}
    )
    double.complete_account(account.id)
    return str(account.id)


@pytest.fixture
def checkout(client: Any) -> Any:
    """Open a Checkout Session over 24.50 dollars: checkout(customer_email=…)."""

    def start(**values: Any) -> Any:
        params = {
            "mode": "payment",
            "success_url": "http://shop.test/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://shop.test/checkout",
            "line_items": [line("Cup", 1000, 2), line("Shipping", 450, 1)],
        }
        return client.checkout.sessions.create(params | values)

    return start


def line(name: str, amount: int, quantity: int) -> dict[str, Any]:
    price = {"currency": "usd", "unit_amount": amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


def available(client: Any, account: str | None = None) -> int:
    options = {"stripe_account": account} if account else {}
    return sum(part.amount for part in client.balance.retrieve({}, options).available)
