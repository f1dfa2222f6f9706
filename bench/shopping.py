"""The requests of shoppers that are measured: pages, a cart, a whole guest checkout."""

import http.client
import itertools
import json
import re
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from bench.load import Connection, Step, cycle
from bench.servers import Server
from devtools.stripe_double import Control

T = TypeVar("T")
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
METHOD = re.compile(rb'name="(method-\d+)" value="(\d+)"')
FIELD = re.compile(rb'name="(expected_total|currency)" value="([^"]+)"')
CONTACT = {
    "email": "bench@example.com",
    "name": "Bench Shopper",
    "line1": "1 Market Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "country": "US",
}
_starts = itertools.count()


def get(server: Server, paths: list[str]) -> Step:
    """Load pages in turn, each connection starting at another one."""
    connection = Connection(server.url)
    start = next(_starts) * 7 % len(paths)
    following = cycle(paths[start:] + paths[:start])
    return lambda: connection.send("GET", next(following))[0] == 200


def _sign(connection: Connection, page: bytes) -> str:
    found = TOKEN.search(page)
    return found[1].decode() if found else ""


class Shopper:
    """A guest with a cart of their own."""

    def __init__(self, server: Server, paths: list[str], variants: list[int]) -> None:
        self.connection = Connection(server.url)
        start = next(_starts) * 13 % len(variants)
        self.variants = cycle([str(v) for v in variants[start:] + variants[:start]])
        self.token = _sign(self.connection, self.connection.send("GET", paths[0])[1])

    def post(self, path: str, **fields: str) -> tuple[int, bytes, str]:
        body = urlencode({**fields, "csrfmiddlewaretoken": self.token})
        return self.connection.send("POST", path, body)

    def add(self) -> bool:
        """Put one more thing into the cart, which starts afresh before it is full."""
        status, _, _ = self.post("/cart/add/", variant=next(self.variants), quantity="1")
        self.added = getattr(self, "added", 0) + 1
        if self.added % 20 == 0:
            self.connection.cookies.pop("cart", None)
        return status == 302

    def fill(self) -> None:
        """Have two things in the cart."""
        self.connection.cookies.pop("cart", None)
        for _ in range(2):
            self.post("/cart/add/", variant=next(self.variants), quantity="1")

    def show_cart(self) -> bool:
        return self.connection.send("GET", "/cart/")[0] == 200

    def timed(self, times: dict[str, list[float]], step: str, act: Callable[[], T]) -> T:
        """Do it, and keep how long it took."""
        began = time.perf_counter()
        result = act()
        times.setdefault(step, []).append(time.perf_counter() - began)
        return result

    def check_out_quickly(self, times: dict[str, list[float]]) -> bool:
        """The same against a provider that finds every page paid; keeps the time of each step."""
        self.connection.cookies.pop("cart", None)
        variant = next(self.variants)
        self.timed(times, "add", lambda: self.post("/cart/add/", variant=variant, quantity="1"))
        self.post("/cart/add/", variant=next(self.variants), quantity="1")
        get = self.connection.send
        self.timed(times, "start", lambda: self.post("/checkout/"))
        self.timed(times, "address", lambda: get("GET", "/checkout/address/"))
        _, page, _ = self.timed(
            times, "shipping", lambda: self.post("/checkout/shipping/", **CONTACT)
        )
        methods: dict[str, str] = {}
        for name, value in METHOD.findall(page):
            methods.setdefault(name.decode(), value.decode())
        _, page, _ = self.timed(times, "review", lambda: self.post("/checkout/review/", **methods))
        total = {name.decode(): value.decode() for name, value in FIELD.findall(page)}
        status, _, pay = self.timed(times, "place", lambda: self.post("/checkout/place/", **total))
        if status != 302 or "/c/pay/" not in pay:
            return False
        back = f"/checkout/return/{self.token_of(pay)}/"
        status, page, _ = self.timed(times, "return", lambda: get("GET", back))
        return status == 200 and b"is confirmed" in page

    def token_of(self, pay: str) -> str:
        """The quick provider tells where its page would lead back to."""
        host = urlsplit(pay)
        provider = http.client.HTTPConnection(host.hostname or "", host.port, timeout=10)
        try:
            provider.request("GET", f"/v1/checkout/sessions/{pay.rsplit('/', 1)[-1]}")
            return str(json.loads(provider.getresponse().read())["client_reference_id"])
        finally:
            provider.close()

    def check_out(self, control: Control) -> bool:
        """From the cart to the confirmation in six requests; paying is the double's business."""
        self.fill()
        self.post("/checkout/")
        self.connection.send("GET", "/checkout/address/")
        status, page, _ = self.post("/checkout/shipping/", **CONTACT)
        methods: dict[str, str] = {}
        for name, value in METHOD.findall(page):
            methods.setdefault(name.decode(), value.decode())
        status, page, _ = self.post("/checkout/review/", **methods)
        total = {name.decode(): value.decode() for name, value in FIELD.findall(page)}
        status, _, pay = self.post("/checkout/place/", **total)
        if status != 302 or "/c/pay/" not in pay:
            return False
        _, back, _ = control.pay(pay)
        path = back.split("127.0.0.1", 1)[-1]
        status, page, _ = self.connection.send("GET", path[path.index("/") :])
        return status == 200 and b"is confirmed" in page
