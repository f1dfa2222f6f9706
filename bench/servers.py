"""What is measured: the shop as in production, the trivial view, the payment double."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server and the processes that do its work."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of the server and its workers so far."""
        pids, total = [self.pid], 0.0
        while pids:
            pid = pids.pop()
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / TICK
            pids += [int(child) for child in children]
        return total


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shop_environment(database_url: str, redis_url: str, stripe_url: str) -> dict[str, str]:
    """Production settings with what a benchmark can give them."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
        "STOA_PROCESS": "web",
        "SECRET_KEY": "bench-only-" + "x" * 50,
        "FIELD_ENCRYPTION_KEYS": "bench-only-0123456789abcdefghijklmnop",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": "https://127.0.0.1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EMAIL_URL": "smtp://127.0.0.1:2525",
        "DEFAULT_FROM_EMAIL": "bench@stoa.example",
        "STRIPE_SECRET_KEY": "sk_test_stoa",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_stoa",
        "STRIPE_WEBHOOK_SECRETS": "whsec_stoa",
        "STRIPE_API_BASE": stripe_url,
        "FRAUD_CHECK": "commerce.checkout.fraud.Nothing",  # its buyers share one address
    }


@contextmanager
def serving(application: str, *, environment: dict[str, str], workers: int = 2) -> Iterator[Server]:
    """Serve a WSGI application with granian, as `make run` does, on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    command += ["--blocking-threads", "1", "--log-level", "error", application]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    server = Server(url=f"http://127.0.0.1:{port}", pid=process.pid)
    try:
        _wait_for(server.url)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:  # a crowded machine: its workers must not stay
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def payment_double() -> Iterator[str]:
    """Run the payment provider's double in a process of its own; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "devtools.stripe_double", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=15)


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            request = urllib.request.Request(url, headers={"X-Forwarded-Proto": "https"})
            urllib.request.urlopen(request, timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit(f"{url} did not start")
