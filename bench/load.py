"""Drive one kind of request from a number of connections and measure what comes back."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.servers import Server

HEADERS = {"X-Forwarded-Proto": "https", "Host": "127.0.0.1"}


@dataclass(frozen=True)
class Figures:
    name: str
    connections: int
    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    errors: int


class Connection:
    """A kept-alive connection with a cookie jar of the simplest kind."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.http = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.cookies: dict[str, str] = {}

    def send(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        """Return status, body and where a redirect leads."""
        sent = {**HEADERS, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        if method == "POST":
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Referer"] = "https://127.0.0.1/"
        self.http.request(method, path, body or None, sent)
        response = self.http.getresponse()
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            key, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[key] = value
        return response.status, content, response.headers.get("Location", "")


Step = Callable[[], bool]


def measure(
    name: str,
    server: Server,
    make_step: Callable[[], Step],
    *,
    connections: int,
    seconds: float,
) -> Figures:
    """Repeat a step in every connection for some seconds. A step tells whether it went well."""
    times: list[float] = []
    errors = 0
    lock = threading.Lock()
    steps = [make_step() for _ in range(connections)]
    for step in steps:
        step()
    begun = threading.Barrier(connections + 1)
    stop = time.monotonic() + seconds + 60

    def run(step: Step) -> None:
        nonlocal errors
        own: list[float] = []
        failed = 0
        begun.wait()
        while time.monotonic() < stop:
            started = time.perf_counter()
            failed += not step()
            own.append(time.perf_counter() - started)
        with lock:
            times.extend(own)
            errors += failed

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    before = server.cpu_seconds()
    stop = time.monotonic() + seconds
    began = time.monotonic()
    begun.wait()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    spent = server.cpu_seconds() - before
    times.sort()
    return Figures(
        name=name,
        connections=connections,
        per_second=round(len(times) / took, 1),
        p50_ms=round(times[len(times) // 2] * 1000, 1),
        p95_ms=round(times[int(len(times) * 0.95)] * 1000, 1),
        cpu_ms=round(spent / len(times) * 1000, 2),
        errors=errors,
    )


def cycle(values: list[str]) -> Iterator[str]:
    """Go round a list for ever."""
    while True:
        yield from values
