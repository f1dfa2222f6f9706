"""Fetching from addresses that strangers chose."""

import http.server
import socket
import threading
import time
from contextlib import suppress

import pytest

from cms.importing import fetching
from cms.importing.fetching import FetchRefused, fetch, public_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
        "100.64.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001::1", "fec0::1", "::7f00:1",
        "::ffff:0:7f00:1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    answer = [(family, socket.SOCK_STREAM, 0, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    with pytest.raises(FetchRefused, match="public internet"):
        public_address("pictures.example", 80)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]
)
def test_addresses_of_the_public_internet_are_taken(monkeypatch, address):
    answer = [(socket.AF_INET6, socket.SOCK_STREAM, 0, "", (address, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    assert public_address("pictures.example", 80) == address


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    answer = [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))
        for address in ("93.184.216.34", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    with pytest.raises(FetchRefused):
        public_address("pictures.example", 80)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file:///etc/passwd", "https://"),
        ("ftp://example.org/x.jpg", "https://"),
        ("https://user:secret@example.org/x.jpg", "password"),
        ("https://example.org:8000/x.jpg", "port"),
        ("https://[::1/x.jpg", "no web address"),
        ("http://127.0.0.1/x.jpg", "public internet"),
        ("http://2130706433/x.jpg", "public internet"),
    ],
)
def test_strange_addresses_are_refused_before_anything_is_sent(address, words):
    with pytest.raises(FetchRefused, match=words):
        fetch(address)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answers = {
            "/picture": (200, {}, b"picture"),
            "/large": (200, {}, b"x" * 3000),
            "/told-large": (200, {"Content-Length": "3000"}, b"x" * 3000),
            "/gone": (404, {}, b""),
            "/moved": (302, {"Location": "/picture"}, b""),
            "/inside": (302, {"Location": "http://inner.example/picture"}, b""),
            "/loop": (302, {"Location": "/loop"}, b""),
        }
        if self.path.startswith("/slow"):
            return self.trickle(in_body=self.path == "/slow-body")
        status, headers, body = answers[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def trickle(self, *, in_body):
        """Send a byte whenever the reader's patience would end, and be done with it after all."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"\r\n" if in_body else b"X-Long: "))
        with suppress(OSError):
            for _ in range(300):
                time.sleep(0.1)
                self.wfile.write(b"x")
            self.wfile.write(b"" if in_body else b"\r\n\r\n")

    def log_message(self, *args):
        pass


@pytest.fixture
def site(monkeypatch):
    """A server that stands for the public internet, and an inner host beside it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # we hang up on pictures that are too large
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connect = socket.create_connection

    def resolved(host, port):
        if host == "inner.example":
            raise FetchRefused(f"{host} is not on the public internet.")
        return "93.184.216.34"

    def connected(address, **options):
        assert address[0] == "93.184.216.34"
        return connect(("127.0.0.1", server.server_port), **options)

    monkeypatch.setattr(fetching, "public_address", resolved)
    monkeypatch.setattr(socket, "create_connection", connected)
    monkeypatch.setattr(fetching, "MAX_BYTES", 2000)
    yield "http://pictures.example"
    server.shutdown()
    server.server_close()


def test_a_picture_is_fetched_also_after_a_redirect(site):
    assert fetch(f"{site}/picture") == fetch(f"{site}/moved") == b"picture"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/large", "larger than"),
        ("/told-large", "larger than"),
        ("/gone", "404"),
        ("/inside", "public internet"),
        ("/loop", "redirects too often"),
    ],
)
def test_what_is_too_large_gone_or_leads_inside_is_refused(site, path, words):
    with pytest.raises(FetchRefused, match=words):
        fetch(f"{site}{path}")


def test_a_picture_that_trickles_in_is_given_up(site, monkeypatch):
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", -1)

    with pytest.raises(FetchRefused, match="too long"):
        fetch(f"{site}/picture")


@pytest.mark.parametrize("path", ["/slow-head", "/slow-body"])
def test_the_time_is_limited_as_a_whole_and_not_from_byte_to_byte(site, monkeypatch, path):
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.5)

    with pytest.raises(FetchRefused, match="too long"):
        fetch(f"{site}{path}")
