"""Fetching pictures from addresses that strangers chose.

Every hop is resolved here, checked to be on the public internet, and connected
to by the very address that was checked, so that a name cannot change its mind
between the check and the connection.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urljoin, urlsplit

from commerce.kernel.public_net import is_public

MAX_BYTES = 5 * 1024 * 1024
MAX_REDIRECTS = 3
CONNECT_SECONDS = 3
TOTAL_SECONDS = 15
CHUNK = 64 * 1024


class FetchRefused(Exception):
    """The picture was not fetched; the text says why and what to do."""


def fetch(address: str) -> bytes:
    """Return what stands at a public http(s) address. Raises FetchRefused."""
    deadline = time.monotonic() + TOTAL_SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(address)
        try:
            outcome = _get(parts, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            _left(deadline)
            raise FetchRefused(
                f"{parts.hostname} did not answer ({type(error).__name__})."
                " Check the address, or upload the picture."
            ) from error
        if isinstance(outcome, bytes):
            return outcome
        address = urljoin(address, outcome)
    raise FetchRefused("The address redirects too often. Use the address it ends at.")


def _checked(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchRefused(f"“{address[:80]}” is no web address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchRefused("The address must begin with https:// or http://.")
    if parts.username or parts.password:
        raise FetchRefused("The address must not hold a user name or a password.")
    if port not in (None, 80, 443):
        raise FetchRefused("The address must not name another port than 80 or 443.")
    return parts


def public_address(host: str, port: int) -> str:
    """Return an address of a host. Raises FetchRefused unless all of its addresses are public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchRefused(f"There is no host called {host}. Check the address.") from error
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        if not is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise FetchRefused(f"{host} is not on the public internet. Upload the picture instead.")
    return addresses[0]


def _get(parts: SplitResult, deadline: float) -> bytes | str:
    """Return the body, or where a redirect leads."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sock = socket.create_connection((public_address(host, port), port), timeout=CONNECT_SECONDS)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    with sock, _hanging_up(sock, at=deadline):
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        connection.request(
            "GET",
            f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
            headers={"User-Agent": "Stoa import", "Accept": "image/*"},
        )
        sock.settimeout(_left(deadline))
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308):
            return response.getheader("Location") or ""
        if response.status != 200:
            raise FetchRefused(f"The address answers {response.status}. Check it in a browser.")
        return _body(response, deadline)


@contextmanager
def _hanging_up(sock: socket.socket, *, at: float) -> Iterator[None]:
    """End the connection at a moment. A time-out alone begins anew with every byte."""

    def hang_up() -> None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(_left(at), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    if int(response.getheader("Content-Length") or 0) > MAX_BYTES:
        raise FetchRefused(_TOO_LARGE)
    body = b""
    while chunk := response.read(CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise FetchRefused(_TOO_LARGE)
    _left(deadline)  # a connection that we ended looks like the end of the picture
    return body


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchRefused("The picture takes too long to arrive. Upload it instead.")
    return left


_TOO_LARGE = f"The picture is larger than {MAX_BYTES // 1024 // 1024} MB. Make it smaller."
