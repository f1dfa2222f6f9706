"""Notices to a server of the seller's, which here is a real one on this machine."""

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import DatabaseError

from commerce.catalog import queries as catalog
from commerce.gateways import hooks as gateway
from commerce.hooks import operations, queries, sending, tasks
from commerce.hooks.models import Delivery, Endpoint
from commerce.inventory import operations as inventory
from commerce.kernel import clock
from commerce.kernel.sealing import unseal
from commerce.outbox.models import Event
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_seller
from tests.support.race import PATIENCE, race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


class Listener:
    """A seller's system."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answer = 200
        self.before_answering: Callable[[], object] = lambda: None
        self.at_once = self.most_at_once = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.at_once += 1
                listener.most_at_once = max(listener.most_at_once, listener.at_once)
                listener.before_answering()
                listener.at_once -= 1
                listener.heard.append((dict(self.headers), body))
                self.send_response(listener.answer)
                self.end_headers()
                self.wfile.write(b"heard")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/stoa"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What measures how long a turn takes: no time passes unless a test says so."""
    stopped = SimpleNamespace(shows=0.0)
    stopped.monotonic = lambda: stopped.shows
    monkeypatch.setattr(sending, "time", stopped)
    return stopped


@pytest.fixture
def slow(watch: SimpleNamespace) -> Iterator[Listener]:
    """A system that takes its time."""

    def take_time() -> None:
        watch.shows += 1.9

    listener = Listener()
    listener.before_answering = take_time
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def variant_id() -> int:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 7)
    return variant_id


def seller_of(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].seller_id


def listen(variant_id: int, listener: Listener) -> str:
    _, secret = operations.add_endpoint(seller_id=seller_of(variant_id), url=listener.url)
    return secret


def send_due() -> int:
    """Give every address its turn, as the task does; returns how many notices were tried."""
    return sum(operations.send_to(endpoint_id=each) for each in operations.waiting_endpoints())


def wake() -> None:
    """Let the pauses be over."""
    Delivery.objects.update(due_at=clock.now())
    Endpoint.objects.update(rests_until=None)


def test_a_change_is_told_signed_with_what_is_there(variant_id: int, listener: Listener) -> None:
    secret = listen(variant_id, listener)

    operations.announce_stock(variant_ids=[variant_id])
    assert send_due() == 1

    ((headers, body),) = listener.heard
    told = json.loads(body)
    assert told["type"] == headers["Stoa-Event"] == "stock.changed"
    assert told["stock"] == [
        {"sku": "MUG", "location": "Main", "on_hand": 7, "reserved": 0, "version": 1}
    ]
    moment, mac = (part.split("=")[1] for part in headers["Stoa-Signature"].split(","))
    expected = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    assert mac == expected.hexdigest()
    assert abs(int(moment) - clock.now().timestamp()) < 60


def test_only_the_sellers_own_address_hears_of_it(variant_id: int, listener: Listener) -> None:
    operations.add_endpoint(seller_id=make_seller().pk, url=listener.url)

    assert operations.announce_stock(variant_ids=[variant_id]) == 0


def test_a_failure_is_tried_again_after_growing_pauses(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])
    listener.answer = 500
    pauses = []
    for _ in range(4):
        wake()
        send_due()
        row = Delivery.objects.get()
        pauses.append((row.due_at - row.tried_at).total_seconds())

    assert (row.state, row.last_status, row.last_answer) == ("due", 500, "heard")
    for number, pause in enumerate(pauses):
        assert 0.79 <= pause / (15 * 2**number) <= 1.21
    assert send_due() == 0


def test_an_answer_after_failures_ends_the_worry(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])
    listener.answer = 503
    send_due()
    assert Endpoint.objects.get().failing_since is not None

    listener.answer = 204
    wake()
    send_due()

    assert (Delivery.objects.get().state, Endpoint.objects.get().failing_since) == ("sent", None)


def test_an_address_that_fails_for_days_is_called_no_more(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])
    Endpoint.objects.update(failing_since=clock.now() - timedelta(days=3, minutes=1))
    listener.answer = 500

    send_due()

    assert (Endpoint.objects.get().state, Delivery.objects.get().state) == ("disabled", "failed")
    assert Event.objects.filter(name="hooks.endpoint-disabled.v1").count() == 1
    assert operations.announce_stock(variant_ids=[variant_id]) == 0
    endpoint_id = Endpoint.objects.get().pk
    assert operations.enable_endpoint(seller_id=seller_of(variant_id), endpoint_id=endpoint_id)
    assert operations.announce_stock(variant_ids=[variant_id]) == 1


def test_the_seller_can_have_it_sent_again_word_for_word(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])
    send_due()
    (row,) = queries.deliveries_of(
        seller_id=seller_of(variant_id), endpoint_id=Endpoint.objects.get().pk
    )

    assert not operations.send_again(seller_id=make_seller().pk, delivery_id=row.id)
    assert operations.send_again(seller_id=seller_of(variant_id), delivery_id=row.id)
    send_due()

    first, second = (body for _, body in listener.heard)
    assert first == second


def test_nobody_listens_at_the_address_any_more(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    endpoint_id = Endpoint.objects.get().pk

    assert not operations.remove_endpoint(seller_id=make_seller().pk, endpoint_id=endpoint_id)
    assert operations.remove_endpoint(seller_id=seller_of(variant_id), endpoint_id=endpoint_id)

    assert operations.announce_stock(variant_ids=[variant_id]) == 0
    assert queries.endpoints_of(seller_id=seller_of(variant_id)) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "https://10.0.0.5/x",
        "https://127.0.0.1.:22/",
        "https://localhost:5432/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:secret@example.com/",
        "https://example.com:25/",
        "ftp://example.com/",
        "https://exa mple.com/",
        "https:///nothing",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(operations.AddressRefused):
        operations.add_endpoint(seller_id=make_seller().pk, url=url)


def test_a_name_that_leads_inside_is_not_called(settings) -> None:
    settings.HOOKS_TO_LOOPBACK = False

    answer = gateway.post(address="https://localhost/x", body=b"{}", headers={})

    assert (answer.status, "not on the public internet" in answer.text) == (0, True)


def test_this_machine_is_called_in_tests_alone(settings, listener: Listener) -> None:
    settings.HOOKS_TO_LOOPBACK = False

    assert gateway.post(address=listener.url, body=b"{}", headers={}).status == 0
    assert listener.heard == []


def test_no_redirect_is_followed(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])
    listener.answer = 302

    send_due()

    assert (Delivery.objects.get().state, len(listener.heard)) == ("due", 1)


def test_a_notice_keeps_its_words(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    operations.announce_stock(variant_ids=[variant_id])

    with pytest.raises(DatabaseError, match="keeps its words"):
        run_sql("UPDATE hooks_delivery SET body = '{}'")


def test_one_address_is_kept_once(listener: Listener) -> None:
    seller_id = make_seller().pk
    operations.add_endpoint(seller_id=seller_id, url=listener.url)

    with pytest.raises(operations.AddressTaken):
        operations.add_endpoint(seller_id=seller_id, url=listener.url)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_notice_once(listener: Listener) -> None:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 7)
    listen(variant_id, listener)
    Delivery.objects.all().delete()
    for _ in range(5):
        operations.announce_stock(variant_ids=[variant_id])

    race_all([send_due] * 6)

    told = [json.loads(body)["id"] for _, body in listener.heard]
    assert len(told) == len(set(told)) == 5


@pytest.mark.django_db(transaction=True)
def test_what_happens_to_stock_reaches_the_seller_by_itself(listener: Listener) -> None:
    variant_id = make_variant(sku="MUG")
    location_id = stock_up(variant_id, 7)
    listen(variant_id, listener)

    inventory.set_on_hand(
        variant_id=variant_id, location_id=location_id, on_hand=5, cause="counted"
    )
    send_due()

    assert json.loads(listener.heard[-1][1])["stock"][0]["on_hand"] == 5


def test_what_is_kept_does_not_show_the_secret(listener: Listener) -> None:
    _, secret = operations.add_endpoint(seller_id=make_seller().pk, url=listener.url)

    kept = Endpoint.objects.get().secret

    assert secret.startswith("whsec_")
    assert secret not in kept
    assert unseal(kept) == secret


def test_a_secret_that_was_kept_in_clear_works_and_is_sealed(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    Endpoint.objects.update(secret="whsec_plain")
    operations.announce_stock(variant_ids=[variant_id])
    send_due()

    assert operations.reseal_secrets() == 1

    kept = Endpoint.objects.get().secret
    assert (kept.startswith("sealed:1:"), unseal(kept)) == (True, "whsec_plain")
    headers, body = listener.heard[0]
    moment, mac = (part.split("=")[1] for part in headers["Stoa-Signature"].split(","))
    signed = hmac.new(b"whsec_plain", f"{moment}.".encode() + body, hashlib.sha256)
    assert mac == signed.hexdigest()


def owe(variant_id: int, times: int) -> None:
    for _ in range(times):
        operations.announce_stock(variant_ids=[variant_id])


def test_a_slow_system_keeps_nobody_from_hearing_even_where_there_is_one_worker(
    variant_id: int, listener: Listener, slow: Listener
) -> None:
    listen(variant_id, slow)
    owe(variant_id, 6)
    listen(variant_id, listener)
    owe(variant_id, 5)
    began = clock.now()

    tasks.send_due()

    assert len(listener.heard) == 5
    assert len(slow.heard) == 2
    assert send_due() == 0  # the slow one rests
    assert Endpoint.objects.get(url=slow.url).rests_until > began + timedelta(seconds=6)


@pytest.mark.django_db(transaction=True)
def test_a_slow_system_takes_one_worker_and_the_others_hear_meanwhile(
    listener: Listener, slow: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "TOTAL_SECONDS", PATIENCE)
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 7)
    listen(variant_id, slow)
    listen(variant_id, listener)
    Delivery.objects.all().delete()
    owe(variant_id, 4)
    heard_before: list[int] = []

    def wait_for_the_others() -> None:
        patience = time.monotonic() + PATIENCE / 2
        while len(listener.heard) < 4 and time.monotonic() < patience:
            time.sleep(0.02)
        heard_before.append(len(listener.heard))

    slow.before_answering = wait_for_the_others

    race_all([send_due] * 4)

    assert (slow.most_at_once, heard_before[0]) == (1, 4)


def test_a_turn_ends_with_the_first_failure(variant_id: int, listener: Listener) -> None:
    listen(variant_id, listener)
    owe(variant_id, 5)
    listener.answer = 500

    assert send_due() == 1
    assert send_due() == 1


def test_an_address_rests_after_failures_in_a_row_and_is_tried_again(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    owe(variant_id, 6)
    listener.answer = 500
    assert [send_due() for _ in range(5)] == [1, 1, 1, 0, 0]

    listener.answer = 200
    wake()

    assert send_due() == 6
    endpoint = Endpoint.objects.get()
    assert (endpoint.failures, endpoint.rests_until, endpoint.busy_until) == (0, None, None)


def test_a_worker_that_died_in_a_turn_keeps_the_address_no_longer_than_its_lease(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    owe(variant_id, 1)
    Endpoint.objects.update(busy_until=clock.now() + timedelta(minutes=2))
    assert send_due() == 0

    Endpoint.objects.update(busy_until=clock.now())
    assert send_due() == 1


def test_what_the_seller_wants_again_does_not_wait_for_the_rest(
    variant_id: int, listener: Listener
) -> None:
    listen(variant_id, listener)
    owe(variant_id, 1)
    Endpoint.objects.update(rests_until=clock.now() + timedelta(minutes=20))
    assert send_due() == 0

    operations.send_again(seller_id=seller_of(variant_id), delivery_id=Delivery.objects.get().pk)
    assert send_due() == 1


@pytest.fixture
def dripping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that speaks TLS and answers letter by letter, each soon after the last."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(gateway.ssl, "create_default_context", lambda: trusting)
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as one:
            one.recv(4096)
            one.sendall(b"HTTP/1.0")
            for _ in range(300):
                one.sendall(b" ")
                time.sleep(0.1)
            one.sendall(b"200 OK\r\n\r\n")  # to a reader who is still there

    threading.Thread(target=drip, daemon=True).start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
    listening.close()


def certificate(folder: Path) -> Path:
    """Write a key and a certificate that it signs itself, for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1,
        not_valid_before=datetime.now(UTC) - timedelta(days=1),
        not_valid_after=datetime.now(UTC) + timedelta(days=1),
    ).sign(key, hashes.SHA256())  # fmt: skip
    clear = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "both.pem"
    file.write_bytes(clear + made.public_bytes(Encoding.PEM))
    return file


def test_an_answer_that_never_ends_is_hung_up_on_also_where_it_is_encrypted(
    dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "TOTAL_SECONDS", 0.5)

    answer = gateway.post(address=dripping, body=b"{}", headers={})

    assert not answer.is_good
