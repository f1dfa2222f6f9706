"""Buyers over real HTTP, with the manners of real ones: they retry, hesitate, and come back."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from devtools.prove.forks import ENDING
from devtools.prove.rig import Rig
from devtools.prove.witness import Story, Witness
from devtools.prove.written import Good
from devtools.stripe_double import Control

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
METHOD = re.compile(rb'name="(method-\d+)" value="(\d+)"')
FIELD = re.compile(rb'name="(expected_total|currency)" value="([^"]+)"')
ORDER = re.compile(r"/checkout/(?:return|cancel|retry)/([^/?]+)/")
CARD = "4242424242424242"
REFUND_FAILS = "4000000000005126"
TAKEN = (CARD, REFUND_FAILS)
DECLINED = "4000000000000002"
SLOW_CARD = "4000008400000019"
CROWDED = "Many people are ordering"
CONTACT = {
    "name": "Drill Buyer",
    "line1": "1 Market Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "country": "US",
}


class Answer:
    def __init__(self, status: int, body: bytes, location: str) -> None:
        self.status = status
        self.body = body
        self.location = location


class GaveUp(Exception):
    """The buyer tried so often that they went away."""


class Browser:
    """A cookie jar and a connection per request; every exchange is witnessed."""

    def __init__(self, rig: Rig, witness: Witness, buyer: int, *, seconds: float = 15) -> None:
        self.rig = rig
        self.witness = witness
        self.buyer = buyer
        self.seconds = seconds
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.address = f"10.{buyer >> 16 & 255}.{buyer >> 8 & 255}.{buyer & 255}"

    def send(
        self, step: str, method: str, path: str, fields: dict[str, str] | None = None
    ) -> Answer:
        """One request. Raises OSError or HTTPException when no whole answer came."""
        body = (
            urlencode({**fields, "csrfmiddlewaretoken": self.csrf}) if fields is not None else None
        )
        headers = {"Connection": "close", "X-Forwarded-For": self.address}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.witness.note(self.buyer, send=f"{method} {path}", step=step)
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.rig.port, timeout=self.seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            problem = f"{type(error).__name__}: {error}"
            self.witness.failed(self.buyer, step, problem, time.monotonic() - began)
            raise
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            key, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[key] = value
        if found := TOKEN.search(content):
            self.csrf = found[1].decode()
        location = response.headers.get("Location", "")
        took = time.monotonic() - began
        self.witness.answered(self.buyer, step, response.status, took, location=location)
        return Answer(response.status, content, location)

    def insist(
        self,
        step: str,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        tries: int = 12,
    ) -> Answer:
        """Send it again after a lost answer or a 5xx, as people do. Raises GaveUp."""
        for attempt in range(tries):
            if ENDING.is_set():
                break
            try:
                answer = self.send(step, method, path, fields)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1 + 0.1 * attempt)
                continue
            if answer.status < 500:
                return answer
            time.sleep(0.2 + 0.1 * attempt)
        raise GaveUp(step)


class Buyer:
    """Somebody who wants these goods once, and pays once."""

    def __init__(
        self,
        rig: Rig,
        witness: Witness,
        story: Story,
        paths: dict[int, str],
        dice: random.Random,
    ) -> None:
        self.rig = rig
        self.story = witness.begin(story)
        self.witness = witness
        self.paths = paths
        self.dice = dice
        self.browser = Browser(rig, witness, story.number)
        self.form: dict[str, str] = {}

    def live(self) -> None:
        """From the product to whatever end; the end is kept in the story."""
        self.finish(self._live)

    def finish(self, act: Callable[[], str]) -> None:
        """Do this to the end, or give up on the way."""
        try:
            self.story.ending = act()
        except GaveUp as where:
            self.story.ending = f"gave up at {where}"

    def _live(self) -> str:
        if self.story.persona == "walks away":
            return "walked away" if self.fill() and self.begin() else "refused at the start"
        if not self.prepare():
            return "refused before placing"
        page = self.place()
        if page is None:
            return self.story.ending
        if self.story.persona == "abandons":
            return "abandoned"
        if self.story.persona == "turns back":
            return self.turn_back()
        if self.story.persona == "is declined first":
            self.pay(page, card=DECLINED)
        if not self.pay(page):
            return "could not pay"
        if self.story.persona == "never returns":
            return "paid and left"
        return self.return_from_payment()

    # -- the steps ----------------------------------------------------------------------------

    def prepare(self) -> bool:
        """Fill a cart, begin and tell everything; true when the order can be placed."""
        return self.fill() and self.begin() and self.tell()

    def fill(self) -> bool:
        """Put everything into a cart; true when it is there."""
        for _ in range(6):
            self.browser.cookies.pop("cart", None)
            if self._fill():
                return True
        return False

    def begin(self) -> bool:
        """Press the cart's button, at which all of it is held; true when it is."""
        for _ in range(6):
            answer = self.browser.insist("begin", "POST", "/checkout/", {})
            if answer.status < 400:
                return True
            said = _said(answer.body)
            if said != CROWDED:
                break
            time.sleep(0.3)
        self.story.ending = f"refused: {said}"
        return False

    def tell(self) -> bool:
        """Go through the steps to the review."""
        send = self.browser.insist
        send("address", "GET", "/checkout/address/")
        contact = {**CONTACT, "email": self.story.email}
        methods: dict[str, str] = {}
        answer = send("shipping", "POST", "/checkout/shipping/", contact)
        for name, value in METHOD.findall(answer.body):
            methods.setdefault(name.decode(), value.decode())
        return self.look(send("review", "POST", "/checkout/review/", methods))

    def go_on(self) -> bool:
        """The cart came along when its shopper signed in: tell everything once more."""
        try:
            return self.tell()
        except GaveUp:
            return False

    def sign_in(self, password: str) -> None:
        self.browser.insist("sign in", "GET", "/account/login/")
        fields = {"login": self.story.email, "password": password}
        self.browser.insist("sign in", "POST", "/account/login/", fields)

    def _fill(self) -> bool:
        """Put everything into a new cart. After a lost answer nobody knows what is in it."""
        for variant, quantity in self.story.wants.items():
            self.browser.insist("product", "GET", self.paths[variant])
            fields = {"variant": str(variant), "quantity": str(quantity)}
            try:
                answer = self.browser.send("cart", "POST", "/cart/add/", fields)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
                return False
            if answer.status >= 500:
                return False
            if answer.status != 302 or "notice=added" not in answer.location:
                self.story.ending = "sold out in the cart"
                return False
        return True

    def look(self, answer: Answer) -> bool:
        """Read the total that would be agreed to."""
        self.form = {name.decode(): value.decode() for name, value in FIELD.findall(answer.body)}
        self.story.total_minor = int(self.form.get("expected_total", 0))
        return bool(self.form)

    def place(self) -> str | None:
        """Submit until there is an answer; returns the payment page's address."""
        for _ in range(10):
            self.story.places += 1
            answer = self.browser.insist("place", "POST", "/checkout/place/", self.form)
            page = self._after_place(answer)
            if page or self.story.ending != "began":
                return page
            time.sleep(0.3)
        self.story.ending = "no payment page"
        return None

    def _after_place(self, answer: Answer) -> str | None:
        where = unescape(answer.location)
        if "/c/pay/" in where:
            self.story.pages.append(where)
            return where
        if answer.status in (409, 422):
            self.story.ending = "refused: " + _said(answer.body)
            if CROWDED in self.story.ending:
                self.story.ending = "began"
            return None
        if found := ORDER.search(where):
            self._remember(found[1])
            return self._page_of(found[1])
        if answer.status == 302:
            self.story.ending = f"led to {where}"
        return None

    def _page_of(self, token: str) -> str | None:
        """The shop says the order waits for its payment page: ask for it as its button does."""
        answer = self.browser.insist("return", "GET", f"/checkout/return/{token}/")
        if b"is confirmed" in answer.body:
            self.story.ending = "confirmed"
            return None
        answer = self.browser.insist("retry", "POST", f"/checkout/retry/{token}/", {})
        if "/c/pay/" in answer.location:
            self.story.pages.append(answer.location)
            return answer.location
        return None

    def pay(self, page: str, *, card: str = CARD) -> bool:
        """Fill in the provider's page; true when it took the money."""
        if page in self.story.paid_pages:
            return True
        for _ in range(5):
            self.witness.note(self.story.number, send="pay", page=page, card=card)
            try:
                status, back, _ = Control(self.rig.double.url).pay(page, card=card)
            except OSError as error:
                self.witness.failed(self.story.number, "pay", repr(error), 0)
                time.sleep(0.3)
                continue
            self.witness.note(self.story.number, paid=page, status=status, back=back)
            if found := ORDER.search(back):
                self._remember(found[1])
            if status in (302, 303) and card in TAKEN:
                self.story.paid_pages.append(page)
                return True
            return False
        return False

    def return_from_payment(self) -> str:
        """Come back and wait for the thanks; without it, some press on from where they were."""
        for _ in range(6):
            ending = self.ask()
            if ending:
                return ending
            if self.story.persona == "places again":
                page = self.place()
                if self.story.ending == "confirmed":
                    return "confirmed"
                if page is not None and page not in self.story.paid_pages:
                    self.pay(page)
                self.story.ending = "began"
            time.sleep(0.4)
        return "paid and waits"

    def ask(self) -> str:
        """What the shop says of the order now; "" while it says neither yes nor no."""
        if not self.story.tokens:
            return ""
        token = self.story.tokens[-1]
        if self.story.persona == "places again":
            try:
                answer = self.browser.send("return", "GET", f"/checkout/return/{token}/")
            except (OSError, http.client.HTTPException):
                return ""
        else:
            answer = self.browser.insist("return", "GET", f"/checkout/return/{token}/")
        if b"is confirmed" in answer.body:
            return "confirmed"
        if b"was not placed" in answer.body:
            return "told that it was not placed"
        return ""

    def turn_back(self) -> str:
        token = self._token_of_page()
        answer = self.browser.insist("cancel", "GET", f"/checkout/cancel/{token}/")
        return "turned back" if answer.status in (200, 302) else f"turning back: {answer.status}"

    def _token_of_page(self) -> str:
        """The address to which the provider's page leads back."""
        session = self.story.pages[-1].rstrip("/").rsplit("/", 1)[-1]
        found = provider_get(self.rig, f"/v1/checkout/sessions/{session}")
        self._remember(str(found["client_reference_id"]))
        return self.story.tokens[-1]

    def _remember(self, token: str) -> None:
        if token not in self.story.tokens:
            self.story.tokens.append(token)


def provider_get(rig: Rig, path: str) -> Any:
    """Ask the provider's own books."""
    import json

    host = urlsplit(rig.double.url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": "Bearer sk_test_stoa"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def provider_post(rig: Rig, path: str, **fields: str) -> Any:
    """Do something at the provider behind the shop's back, as in its dashboard."""
    import json

    host = urlsplit(rig.double.url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    headers = {
        "Authorization": "Bearer sk_test_stoa",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request("POST", path, urlencode(fields), headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def provider_list(rig: Rig, path: str) -> list[dict[str, Any]]:
    """All pages of one of the provider's lists, newest first."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = provider_get(rig, f"{path}?limit=100{after}")
        found += page["data"]
        if not page["has_more"]:
            return found
        after = f"&starting_after={page['data'][-1]['id']}"


def _said(body: bytes) -> str:
    text = re.sub(rb"<[^>]+>", b" ", body).decode(errors="replace")
    for words in ("Not enough left", "sold out", "total is now", CROWDED):
        if words in text:
            return words
    return "refused"


class Crowd:
    """Many buyers, so many at a time, each planned by the seed before any of them starts."""

    def __init__(self, rig: Rig, *, seed: int) -> None:
        self.rig = rig
        self.seed = seed
        self.witness = Witness(rig.place / "witness.jsonl")
        self.goods = rig.goods()
        self.paths = {good.variant_id: good.path for good in self.goods}
        self._next = 0
        self._lock = threading.Lock()

    def buyer(self, wants: dict[int, int], persona: str = "plain") -> Buyer:
        with self._lock:
            self._next += 1
            number = self._next
        email = f"b{number}@{self.rig.name.lower()}.example"
        story = Story(number=number, email=email, wants=dict(wants), persona=persona)
        dice = random.Random(f"{self.seed}/{self.rig.name}/{number}")
        return Buyer(self.rig, self.witness, story, self.paths, dice)

    def plan(
        self,
        count: int,
        wants: Callable[[random.Random], dict[int, int]],
        personas: Sequence[tuple[str, float]] = (),
    ) -> list[Buyer]:
        """Decide who wants what and behaves how, from the seed alone."""
        dice = random.Random(f"{self.seed}/{self.rig.name}/plan")
        buyers = []
        for _ in range(count):
            roll, persona = dice.random(), "plain"
            for name, share in personas:
                if roll < share:
                    persona = name
                    break
                roll -= share
            buyers.append(self.buyer(wants(dice), persona))
        return buyers

    def run(self, buyers: Iterable[Buyer], *, at_once: int = 8) -> float:
        """Let them live; returns the seconds it took."""
        return self.each(buyers, lambda buyer: buyer.live(), at_once=at_once)

    def each(
        self, buyers: Iterable[Buyer], act: Callable[[Buyer], Any], *, at_once: int = 8
    ) -> float:
        began = time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            for done in [pool.submit(act, buyer) for buyer in buyers]:
                done.result()
        return time.monotonic() - began


def one_of(goods: Sequence[Good], *, lines: int = 1) -> Callable[[random.Random], dict[int, int]]:
    """Carts with so many of these goods, one unit each."""

    def wants(dice: random.Random) -> dict[int, int]:
        return {good.variant_id: 1 for good in dice.sample(list(goods), lines)}

    return wants
