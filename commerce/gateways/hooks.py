"""Telling a seller's own system, at an address that the seller chose.

The host is resolved here, every address of it must be public, and the connection
goes to the very address that was checked, so that a name cannot change its mind
in between. No redirect is followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from commerce.kernel.public_net import is_public

from .calling import refuse_inside_transaction

CONNECT_SECONDS = 3
TOTAL_SECONDS = 8
SHOWN = 500
"""Characters of an answer that are kept for the seller."""
PORTS = {443, 8443}


class AddressRefused(ValueError):
    """The address is none that we call; the text says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: a status, 0 when nothing did, and the beginning of what was said."""

    status: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def check_address(address: str) -> str:
    """Return the address when it may be called; the host is not asked for yet.

    Raises AddressRefused.
    """
    _parts(address)
    return address


def post(*, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and return what came back; whatever goes wrong is an answer too."""
    refuse_inside_transaction()
    try:
        parts = _parts(address)
        return _send(parts, body, headers, _public_address(parts))
    except AddressRefused as refusal:
        return Answer(status=0, text=str(refusal))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(status=0, text=f"no answer ({type(error).__name__})")


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("This is no web address.") from error
    if not parts.hostname or any(ord(sign) <= 32 or ord(sign) > 126 for sign in address):
        raise AddressRefused("Enter an address such as https://example.com/stoa.")
    if parts.username or parts.password:
        raise AddressRefused("The address must not hold a user name or a password.")
    if _is_local(parts):
        return parts
    if parts.scheme != "https":
        raise AddressRefused("The address must begin with https://.")
    if port is not None and port not in PORTS:
        raise AddressRefused("The address must not name another port than 443 or 8443.")
    if _is_private_number(parts.hostname):
        raise AddressRefused("The address is not on the public internet.")
    return parts


def _is_private_number(host: str) -> bool:
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False  # a name, which is looked up when it is called


def _is_local(parts: SplitResult) -> bool:
    """Tell of a server on this very machine, which only development and tests may call."""
    return settings.HOOKS_TO_LOOPBACK and parts.hostname == "127.0.0.1"


def _public_address(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if _is_local(parts):
        return host
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"There is no host called {host}.") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(is_public(ipaddress.ip_address(text.partition("%")[0])) for text in addresses):
        raise AddressRefused(f"{host} is not on the public internet.")
    return addresses[0]


def _send(parts: SplitResult, body: bytes, headers: Mapping[str, str], address: str) -> Answer:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    deadline = time.monotonic() + TOTAL_SECONDS
    sock = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    with sock:
        if parts.scheme == "https":
            # The wrapping takes the socket over: only what it returns can be hung up.
            sock = ssl.create_default_context().wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
        timer = threading.Timer(max(deadline - time.monotonic(), 0.1), _hang_up, [sock])
        timer.daemon = True
        timer.start()
        try:
            if isinstance(sock, ssl.SSLSocket):
                sock.do_handshake()
            sock.settimeout(max(deadline - time.monotonic(), 0.1))
            connection = http.client.HTTPConnection(host, port)
            connection.sock = sock
            path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            connection.request("POST", path, body=body, headers=dict(headers))
            response = connection.getresponse()
            text = response.read(SHOWN).decode("utf-8", "replace").replace("\0", "")
            return Answer(status=response.status, text=text)
        finally:
            timer.cancel()
            sock.close()


def _hang_up(sock: socket.socket) -> None:
    """A time-out alone begins anew with every byte."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
