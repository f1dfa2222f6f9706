"""Reservations per second beside the machine's own limit, all in one run.

The limit is pgbench with the same locked update and insert; it comes with the embedded PostgreSQL.
"""

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from bench import load, servers, shopping
from bench.load import Figures
from devtools.embedded.cluster import binaries

CONNECTIONS = 16
PROCESSES = 8
SKUS = 1000
AIM = 0.6
SCRIPT = """\
\\set stock random({first}, {last})
BEGIN;
INSERT INTO bench_hold (stock_id, holder) VALUES (:stock, md5(random()::text));
UPDATE bench_stock SET reserved = reserved + 1 WHERE id = :stock AND on_hand - reserved >= 1;
COMMIT;
"""
TABLES = """
DROP TABLE IF EXISTS bench_hold, bench_stock;
CREATE TABLE bench_stock (id int PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL,
    CHECK (reserved <= on_hand)) WITH (fillfactor = 50);
CREATE TABLE bench_hold (id bigserial PRIMARY KEY, stock_id int NOT NULL REFERENCES bench_stock,
    holder text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bench_hold (holder);
INSERT INTO bench_stock SELECT n, 2000000000, 0 FROM generate_series(1, 1000) n;
"""


def measure(environment: dict[str, str], seconds: float) -> list[Figures]:
    """The limit, the operation called directly, and both through HTTP; hot and spread."""
    url = environment["DATABASE_URL"].replace("postgres://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        found = connection.execute(
            "SELECT variant_id FROM inventory_stock ORDER BY variant_id LIMIT %s", [SKUS]
        ).fetchall()
    variants = [variant for (variant,) in found]
    figures = []
    for name, last in (("hot SKU", 1), (f"{len(variants)} SKUs", SKUS)):
        own = variants[:1] if last == 1 else variants
        figures.append(_show(f"pgbench, {name}", pgbench(url, 1, last, seconds)))
        figures.append(_show(f"operation, {name}", directly(environment, own, seconds)))
        figures += through_http(environment, own, last, name, seconds)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE bench_hold, bench_stock")
        release_all(connection)
    return figures


def release_all(connection: psycopg.Connection) -> None:
    """Let what was held for the benchmark go, so that the next run finds the same shelf."""
    connection.execute("UPDATE inventory_reservation SET state = 'released' WHERE state = 'active'")


def _show(name: str, per_second: float) -> Figures:
    print(f"{name:<28} {per_second:>10,.0f}/s", flush=True)
    return Figures(
        name=name, connections=CONNECTIONS, per_second=round(per_second, 1),
        p50_ms=0, p95_ms=0, cpu_ms=0, errors=0,
    )  # fmt: skip


def pgbench(url: str, first: int, last: int, seconds: float) -> float:
    """Transactions per second of the same statements, from 16 clients that do nothing else."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT.format(first=first, last=last))
        script.flush()
        command = [str(binaries() / "pgbench"), "-n", "-M", "prepared", "-c", str(CONNECTIONS)]
        command += ["-j", "2", "-T", str(max(1, int(seconds))), "-f", script.name, url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(told.rsplit("tps = ", 1)[1].split()[0])


def directly(environment: dict[str, str], variants: list[int], seconds: float) -> float:
    """Reservations per second of the operation itself, called from several processes."""
    os.environ.update(environment)
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, initializer=_get_ready) as pool:
        pool.map(_reserve_for, [(variants, 0.3)] * PROCESSES, chunksize=1)
        counts = pool.map(_reserve_for, [(variants, seconds)] * PROCESSES, chunksize=1)
    return sum(counts) / seconds


def _get_ready() -> None:
    import django

    django.setup()


def _reserve_for(task: tuple[list[int], float]) -> int:
    from bench.holding import reserve

    variants, seconds = task
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        reserve(random.choice(variants))
        done += 1
    return done


def through_http(
    environment: dict[str, str], variants: list[int], last: int, name: str, seconds: float
) -> list[Figures]:
    found = []
    first, final = variants[0], variants[-1]
    environment = {**environment, "STOA_PROCESS": "web"}
    with servers.serving("bench.holding:application", environment=environment) as server:
        for what, path in (
            (f"HTTP least, {name}", f"/least/1/{last}/"),
            (f"HTTP hold, {name}", f"/hold/{first}/{final}/"),
        ):
            step = partial(shopping.get, server, [path])
            figures = load.measure(what, server, step, connections=CONNECTIONS, seconds=seconds)
            print(f"{what:<28} {figures.per_second:>10,.0f}/s  {figures.errors} errors", flush=True)
            found.append(figures)
    share = found[1].per_second / found[0].per_second
    print(f"{f'share of the least, {name}':<28} {share:>10.1%}   aim {AIM:.0%}", flush=True)
    return found


@contextmanager
def quick_double() -> Iterator[str]:
    """Run the quickest provider; yields its address."""
    port = servers.free_port()
    command = [sys.executable, "-m", "bench.quick_double", str(port)]
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
    try:
        servers._wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)
