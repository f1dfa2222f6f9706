"""The checkout's own PostgreSQL.

`ensure_running()` returns a DATABASE_URL. The server listens on a Unix socket only, inside a
directory nobody else may enter, so that it needs neither a port nor a password.
"""

from __future__ import annotations

import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from devtools.embedded import processes
from devtools.embedded.cluster import (
    PORT,
    ROLE,
    Cluster,
    binaries,
    check_version,
    initialize,
    prepare,
)
from devtools.embedded.identity import Identity
from devtools.embedded.places import CHECKOUT, EmbeddedServerError, exclusive, try_exclusive

DATABASE = "stoa"
_LOG_LIMIT = 20 * 1024 * 1024
_LAST_BREATH = 10  # a dying process is no longer recognized a while before it lets go of its files

# Passed on every start, so that no data directory keeps old ones. Durability is left alone: what is
# rehearsed here is money.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def ensure_running(checkout: Path = CHECKOUT) -> str:
    """Start the checkout's PostgreSQL unless it runs, and return its DATABASE_URL.

    Costs a file read and a socket connect when the server is up. Raises EmbeddedServerError
    with the reason and a remedy when it cannot be started.
    """
    cluster = Cluster(checkout)
    if not _is_serving(cluster):
        with exclusive(cluster.lock):
            if not _is_serving(cluster):
                _start(cluster)
    return url(checkout)


def url(checkout: Path = CHECKOUT, *, database: str = DATABASE) -> str:
    """The DATABASE_URL of the checkout's server, running or not."""
    host = quote(str(Cluster(checkout).sockets), safe="")
    return f"postgres://{ROLE}@{host}:{PORT}/{database}"


def status(checkout: Path = CHECKOUT) -> bool:
    """Is the checkout's PostgreSQL up and ready?"""
    return _is_serving(Cluster(checkout))


def stop(checkout: Path = CHECKOUT) -> bool:
    """Stop the checkout's PostgreSQL, ending open sessions; true when there was one to stop."""
    cluster = Cluster(checkout)
    if not cluster.data.exists():
        return False
    with exclusive(cluster.lock):
        running = cluster.postmaster() is not None
        _end(cluster)
        cluster.serving.unlink(missing_ok=True)
        with suppress(OSError):
            cluster.sockets.rmdir()
        return running


def _is_serving(cluster: Cluster) -> bool:
    """Ready, seen so by a launcher, and still answering on its socket."""
    try:
        if cluster.serving.read_text() != _incarnation(cluster):
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(str(cluster.socket))
    except BlockingIOError:  # a full queue of connections: busy, but there
        return True
    except OSError:
        return False
    return True


def _incarnation(cluster: Cluster) -> str:
    """Process id and start time of the postmaster: the id alone might be reused."""
    lines = cluster.pid_file()
    return f"{lines[0]} {lines[2]}" if len(lines) > 2 else "none"


def _start(cluster: Cluster) -> None:
    bindir = binaries()
    identity = prepare(cluster, bindir)
    if not _comes_up(cluster):
        _end(cluster)
        with try_exclusive(cluster.in_use, seconds=_LAST_BREATH) as held:
            if held is None:
                raise EmbeddedServerError(
                    f"Something still works on {cluster.data}: end it, then try again."
                )
            (cluster.data / "postmaster.pid").unlink(missing_ok=True)
            for leftover in cluster.sockets.glob(".s.PGSQL.*"):
                leftover.unlink()
            if not (cluster.data / "PG_VERSION").exists():
                initialize(cluster, bindir, identity, keep_open=held)
            check_version(cluster, bindir)
            _launch(cluster, bindir, identity, keep_open=held)
    _ensure_database(cluster)
    cluster.serving.write_text(_incarnation(cluster))


def _comes_up(cluster: Cluster) -> bool:
    """Wait for what a killed launcher left behind: an initdb, a server that starts or recovers.

    False as soon as nothing works on the data any more, or what does will never be ready.
    """
    patience = time.monotonic() + 60
    until_signs_of_life = time.monotonic() + 3
    while time.monotonic() < patience:
        has_socket = cluster.postmaster() is not None and cluster.socket.exists()
        if has_socket and [line.strip() for line in cluster.pid_file()[7:8]] == ["ready"]:
            return True
        with try_exclusive(cluster.in_use) as held:
            if held is not None:
                return False
        if not has_socket and cluster.data.exists() and time.monotonic() > until_signs_of_life:
            return False  # orphans of a killed server, or a socket swept from /tmp
        time.sleep(0.05)
    return False


def _end(cluster: Cluster) -> None:
    """Shut the postmaster down, then end sessions that outlived theirs.

    By signal, and only processes known to be ours: pg_ctl would trust any process id.
    """
    postmaster = cluster.postmaster()
    escalation = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)]
    for pids, signals in (
        ([postmaster] if postmaster else [], escalation),
        (cluster.sessions(), [(signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)]),
    ):
        survivors = processes.end(
            pids, program="postgres", directory=cluster.data, escalation=signals
        )
        if survivors:
            raise EmbeddedServerError(
                f"PostgreSQL does not stop (processes {survivors}); its log is {cluster.log}."
            )


def _launch(cluster: Cluster, bindir: Path, identity: Identity, *, keep_open: int) -> None:
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT:
        cluster.log.unlink()
    settings = {**_SETTINGS, "unix_socket_directories": str(cluster.sockets)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    where = ["-D", str(cluster.data), "-l", str(cluster.log)]
    command = [str(bindir / "pg_ctl"), *where, "-w", "-t", "120", "-o", options, "start"]
    started = identity.run(command, timeout=150, keep_open=keep_open)
    if started.returncode:
        log = cluster.log.read_text(errors="replace") if cluster.log.exists() else ""
        tail = "\n".join(log.splitlines()[-15:])
        raise EmbeddedServerError(f"PostgreSQL did not start:\n{started.stderr.strip()}\n{tail}")


def _ensure_database(cluster: Cluster) -> None:
    import psycopg  # slow to load, and only a start needs it

    maintenance = url(cluster.checkout, database="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if not known.fetchone():
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
