"""The servers and the template database on which drills stand: a PostgreSQL and a Valkey of their
own, so that both may be stopped in the middle of a sale without anybody else noticing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from devtools.embedded import postgres, valkey
from devtools.embedded.places import CHECKOUT

PLACE = CHECKOUT / "var" / "prove"
SERVERS = PLACE / "servers"
TEMPLATE = "prove_template"


@dataclass(frozen=True)
class Ground:
    """Where the servers of the drills are."""

    redis_url: str

    def url(self, database: str) -> str:
        return postgres.url(SERVERS, database=database)

    def connect(self, database: str) -> psycopg.Connection:
        dsn = self.url(database).replace("postgres://", "postgresql://", 1)
        return psycopg.connect(dsn, autocommit=True, connect_timeout=5)

    def clone(self, database: str) -> None:
        """Make a fresh copy of the small shop."""
        with self.connect("postgres") as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{database}" TEMPLATE {TEMPLATE}')

    def drop(self, database: str) -> None:
        with self.connect("postgres") as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url, socket_timeout=5)


def stand() -> Ground:
    """Start the servers; make the template database unless it fits the code."""
    SERVERS.mkdir(parents=True, exist_ok=True)
    postgres.ensure_running(SERVERS)
    ground = Ground(redis_url=valkey.ensure_running(SERVERS))
    marker = PLACE / "template"
    wanted = fingerprint()
    with ground.connect("postgres") as admin:
        for (name,) in admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'prove\\_%%' AND datname <> %s",
            [TEMPLATE],
        ).fetchall():
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        row = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if row and marker.exists() and marker.read_text() == wanted:
            return ground
        marker.unlink(missing_ok=True)
        admin.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {TEMPLATE}")
    print("Making the small shop that drills are run in ...", flush=True)
    subprocess.run(
        [sys.executable, "-m", "devtools.prove.catalog"],
        cwd=CHECKOUT,
        env=environment(ground, TEMPLATE),
        check=True,
    )
    marker.write_text(wanted)
    return ground


def leave() -> None:
    """Stop the servers of the drills."""
    valkey.stop(SERVERS)
    postgres.stop(SERVERS)


def environment(ground: Ground, database: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "devtools.prove.settings",
        "PROVE_PLACE": str(PLACE),
        "DATABASE_URL": ground.url(database),
        "REDIS_URL": ground.redis_url,
    }


def fingerprint() -> str:
    """Changes when a migration or the small shop changes."""
    digest = hashlib.sha256()
    for root in ("commerce", "cms", "storefront"):
        for path in sorted((CHECKOUT / root).glob("**/migrations/*.py")):
            digest.update(path.read_bytes())
    digest.update((Path(__file__).parent / "catalog.py").read_bytes())
    return digest.hexdigest()
