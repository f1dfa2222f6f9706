"""`make run`: the whole shop on one machine, and nothing of it left behind.

python -m devtools.run          start everything, stay until Ctrl-C
python -m devtools.run --stop   end a run of this checkout, wherever it was started
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from devtools.embedded import postgres, valkey
from devtools.embedded.places import CHECKOUT, EmbeddedServerError
from devtools.supervisor import ProgramKeepsFailing, Supervisor, birth, end_leftovers

STATE = CHECKOUT / "var" / "run"
_BACKGROUND_QUEUES = "money,mail,default,slow,bulk"


class CannotRun(RuntimeError):
    """The shop cannot be started; the message is for the person who typed the command."""


def main() -> int:
    STATE.mkdir(parents=True, exist_ok=True)
    try:
        if sys.argv[1:] == ["--stop"]:
            return stop()
        if sys.argv[1:]:
            raise CannotRun("Usage: python -m devtools.run [--stop]")
        return run()
    except (CannotRun, EmbeddedServerError, ProgramKeepsFailing) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def run() -> int:
    """Start everything, stay until a signal, stop what was started."""
    began = time.monotonic()
    signals = Signals()
    with only_one_run():
        if ended := end_leftovers(STATE / "programs.json"):
            print(f"Ended {ended} programs of a run that was killed.")
        port = web_port()
        started_here: list[Callable[[], bool]] = []
        supervisor = Supervisor(record=STATE / "programs.json", directory=CHECKOUT)
        try:
            environment = start_servers(started_here)
            if not os.environ.get("STRIPE_SECRET_KEY", "").strip():
                environment |= add_stripe_double(supervisor, port)
            if not os.environ.get("EASYPOST_API_KEY", "").strip():
                environment |= add_carrier_double(supervisor, port)
            supervisor.start()
            wait_for_stripe_double(environment)
            prepare(environment, signals)
            add_programs(supervisor, environment, port)
            supervisor.start()
            supervisor.run(
                until=lambda: signals.received > 0,
                every_second=Announcement(supervisor, port, environment, began),
            )
        except KeyboardInterrupt:
            pass
        finally:
            print("\nStopping (Ctrl-C again to hurry).", flush=True)
            supervisor.stop(at_once=lambda: signals.received > 1)
            for stop_server in reversed(started_here):
                with suppress(EmbeddedServerError):
                    stop_server()
            (STATE / "servers").unlink(missing_ok=True)
    return 0


def stop() -> int:
    """End a run of this checkout: its supervisor, or what a killed one left."""
    with suppress(OSError, ValueError):
        pid, born = (STATE / "supervisor").read_text().split()
        if birth(int(pid)) == born:
            os.kill(int(pid), signal.SIGTERM)
            while birth(int(pid)) == born:
                time.sleep(0.1)
            print("The running shop was stopped.")
    end_leftovers(STATE / "programs.json")
    return 0


class Signals:
    """Counts requests to stop: one stops in order, a second one hurries."""

    def __init__(self) -> None:
        self.received = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received += 1


@contextmanager
def only_one_run() -> Iterator[None]:
    """Hold the checkout's run lock. Raises CannotRun when another run has it."""
    with (STATE / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                "Stoa already runs from this checkout. Stop it with Ctrl-C where it was "
                "started, or with `make stop`."
            ) from None
        (STATE / "supervisor").write_text(f"{os.getpid()} {birth(os.getpid())}")
        try:
            yield
        finally:
            (STATE / "supervisor").unlink(missing_ok=True)


def web_port() -> int:
    """PORT, or 8000. Raises CannotRun when it is no port or somebody has it."""
    text = os.environ.get("PORT", "").strip() or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CannotRun(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    if is_taken(port):
        other = port + 1 if port < 65535 else 8000
        raise CannotRun(
            f"Port {port} is taken by another program. Choose another one, as in: "
            f"make run PORT={other}"
        )
    return port


def is_taken(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((host, port)) == 0:
                return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotRun(f"Only root may serve on port {port}: choose one above 1023.") from None
        except OSError:
            return True
    return False


def start_servers(started_here: list[Callable[[], bool]]) -> dict[str, str]:
    """Start the embedded servers that no variable replaces; note which of them are this run's.

    So are those that a killed run had started: the record of them is only removed in `run`.
    """
    environment = {}
    record = STATE / "servers"
    ours = set(record.read_text().split()) if record.exists() else set()
    for name, variable, server in (
        ("PostgreSQL", "DATABASE_URL", postgres),
        ("Valkey", "REDIS_URL", valkey),
    ):
        if os.environ.get(variable, "").strip():
            print(f"{name}: as {variable} says")
            continue
        was_running = server.status()
        began = time.monotonic()
        environment[variable] = server.ensure_running()
        if was_running and name not in ours:
            print(f"{name}: already running, left alone at the end", flush=True)
            continue
        started_here.append(server.stop)
        ours.add(name)
        record.write_text("\n".join(sorted(ours)))
        print(f"{name}: started in {time.monotonic() - began:.1f} s", flush=True)
    return environment


def prepare(environment: dict[str, str], signals: Signals) -> None:
    """Tables and demo data, in a process of its own. Raises CannotRun when it fails."""
    command = [sys.executable, "-m", "devtools.prepare", str(STATE / "accounts.txt")]
    preparing = subprocess.Popen(
        command, cwd=CHECKOUT, env={**os.environ, **environment}, start_new_session=True
    )
    while preparing.poll() is None:
        if signals.received:
            preparing.terminate()
            preparing.wait()
            raise KeyboardInterrupt
        time.sleep(0.05)
    if preparing.returncode:
        raise CannotRun("The database could not be prepared, see above.")


def add_stripe_double(supervisor: Supervisor, web_port: int) -> dict[str, str]:
    """Our own payment provider; returns the variables that point the shop at it."""
    port = remembered_port(STATE / "stripe-port")
    secret = "whsec_stoa"
    command = [sys.executable, "-m", "devtools.stripe_double", "--port", str(port)]
    command += ["--webhook-url", f"http://127.0.0.1:{web_port}/webhooks/stripe/"]
    command += ["--webhook-secret", secret, "--state", str(STATE / "stripe.db")]
    supervisor.add("stripe", command, {})
    return {
        "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
        "STRIPE_SECRET_KEY": "sk_test_stoa",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_stoa",
        "STRIPE_WEBHOOK_SECRETS": secret,
    }


def add_carrier_double(supervisor: Supervisor, web_port: int) -> dict[str, str]:
    """Our own parcel service; returns the variables that point the shop at it."""
    port = remembered_port(STATE / "carrier-port")
    secret = "parcels_stoa"
    command = [sys.executable, "-m", "devtools.carrier_double", "--port", str(port)]
    command += ["--webhook-url", f"http://127.0.0.1:{web_port}/webhooks/easypost/"]
    command += ["--webhook-secret", secret]
    supervisor.add("carriers", command, {})
    return {
        "EASYPOST_API_BASE": f"http://127.0.0.1:{port}",
        "EASYPOST_API_KEY": "EZTK_stoa",
        "EASYPOST_WEBHOOK_SECRETS": secret,
    }


def wait_for_stripe_double(environment: dict[str, str]) -> None:
    """Demo sellers are connected while the demo is loaded. Raises CannotRun when it stays away."""
    if "STRIPE_API_BASE" not in environment:
        return
    port = int(environment["STRIPE_API_BASE"].rsplit(":", 1)[1])
    for _ in range(200):
        if is_taken(port):
            return
        time.sleep(0.05)
    raise CannotRun("The Stripe double did not start, see above.")


def add_programs(supervisor: Supervisor, environment: dict[str, str], port: int) -> None:
    """Web, and once it answers, worker and scheduler."""
    environment["PORT"] = str(port)
    chosen = os.environ.get("DJANGO_SETTINGS_MODULE", "").strip()
    environment["DJANGO_SETTINGS_MODULE"] = chosen or "storefront.settings.dev"
    workers = os.environ.get("WEB_CONCURRENCY", "").strip() or "2"
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    web += ["--host", "127.0.0.1", "--port", str(port), "--workers", workers]
    web += ["--blocking-threads", "1", "--respawn-failed-workers", "--workers-kill-timeout", "5"]
    web += ["--log-level", "warning", "storefront.wsgi:application"]
    supervisor.add("web", web, {**environment, "STOA_PROCESS": "web"})
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "storefront"]
    worker = [*celery, "worker", "-Q", _BACKGROUND_QUEUES, "--concurrency", "2"]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # as root
    environment = {**environment, **quiet}
    supervisor.add("worker", worker, {**environment, "STOA_PROCESS": "worker"}, is_held=True)
    beat = [*celery, "beat", "--schedule", str(STATE / "schedule"), "--pidfile", ""]
    beat += ["--loglevel", "WARNING"]
    supervisor.add("beat", beat, {**environment, "STOA_PROCESS": "beat"}, is_held=True)


def remembered_port(record: Path) -> int:
    """The port of the last run while it is free: open payment pages keep their address."""
    with suppress(OSError, ValueError):
        if not is_taken(port := int(record.read_text())):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    record.write_text(str(port))
    return port


class Announcement:
    """Called every second: once the shop answers it says so and lets the background programs
    start; it also keeps the embedded servers up."""

    def __init__(
        self, supervisor: Supervisor, port: int, environment: dict[str, str], began: float
    ) -> None:
        self.supervisor = supervisor
        self.port = port
        self.environment = environment
        self.began = began
        self.made = False

    def __call__(self) -> None:
        for variable, server in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
            if variable in self.environment and not server.status():
                print(f"{variable}: the embedded server is gone, starting it again", flush=True)
                server.ensure_running()
        if not self.made and self._answers():
            self.made = True
            self.supervisor.release()
            print(self._text(), flush=True)

    def _answers(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/health/ready"
            with urllib.request.urlopen(address, timeout=0.9) as response:
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _text(self) -> str:
        site = f"http://localhost:{self.port}"
        lines = ["", f"Stoa is ready after {time.monotonic() - self.began:.0f} s.", ""]
        lines += [f"  Shop      {site}/", f"  Admin     {site}/admin/"]
        lines += [f"  Mailbox   {site}/dev/mail/"]
        if base := self.environment.get("STRIPE_API_BASE"):
            lines += [f"  Payments  {base}/ (a double: no money moves)"]
        with suppress(OSError):
            lines += ["", (STATE / "accounts.txt").read_text().rstrip()]
        return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


if __name__ == "__main__":
    sys.exit(main())
