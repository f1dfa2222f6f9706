"""Measure the shop beside a trivial view under the same server, in one run.

`make bench` fills a database of its own with 20,000 products once (it is kept), then
prints a table and writes bench/results/<time>.json.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis

from bench import load, reservations, servers, shopping, steps
from bench.load import Figures, Step
from bench.servers import Server
from devtools.embedded import postgres, valkey
from devtools.stripe_double import Control

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "stoa_bench"


def main() -> None:
    """Fill, serve, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", default="", help="Measure only names that hold this.")
    options = parser.parse_args()
    database_url = fill(options.products)
    # A database of its own: no worker of a running shop may take these tasks.
    redis_url = valkey.ensure_running().rsplit("/", 1)[0] + "/9"
    redis.Redis.from_url(redis_url).flushdb()
    with servers.payment_double() as double_url:
        environment = servers.shop_environment(database_url, redis_url, double_url)
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True)
        figures = []
        if options.only not in ("reservations", "steps"):
            figures = run(environment, sample(environment), Control(double_url), options)
    if options.only in "reservations":
        figures += reservations.measure(environment, options.seconds)
    if options.only in "steps":
        figures += steps.measure(environment, sample(environment), options.seconds)
    redis.Redis.from_url(redis_url).flushdb()
    show(figures)
    write(figures, options.products)


def fill(products: int) -> str:
    """Return the address of a database that holds the demo and this many generated products."""
    url = postgres.ensure_running()
    admin = url.rsplit("/", 1)[0] + "/postgres"
    database_url = url.rsplit("/", 1)[0] + "/" + DATABASE
    with psycopg.connect(_dsn(admin), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if row.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    environment = {**os.environ, "DATABASE_URL": database_url}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    subprocess.run([*manage, "load_demo", "--if-empty"], cwd=ROOT, env=environment, check=True)
    with psycopg.connect(_dsn(database_url), autocommit=True) as connection:
        have = connection.execute("SELECT count(*) FROM discovery_card").fetchone()
        missing = products - (have[0] if have else 0)
        if missing > 0:
            scale = [*manage, "load_demo", "--scale", str(missing)]
            subprocess.run(scale, cwd=ROOT, env=environment, check=True)
        # Enough of everything, so that no run ends at an empty shelf.
        connection.execute("SET stoa.cause = 'bench'")
        connection.execute("UPDATE inventory_stock SET on_hand = 1000000 WHERE on_hand < 500000")
        connection.execute("VACUUM ANALYZE")
    return database_url


def _dsn(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1)


def sample(environment: dict[str, str]) -> dict[str, list]:
    """Return addresses and variants spread over the catalog."""
    with psycopg.connect(_dsn(environment["DATABASE_URL"])) as connection:
        products = connection.execute(
            "SELECT path FROM catalog_listing WHERE is_live AND id % 37 = 0 ORDER BY id LIMIT 300"
        ).fetchall()
        variants = connection.execute(
            "SELECT v.id FROM catalog_variant v JOIN catalog_listing l USING (product_id)"
            " JOIN pricing_price p ON p.variant_id = v.id WHERE l.is_live AND v.is_active"
            " ORDER BY md5(v.id::text) LIMIT 400"
        ).fetchall()
        categories = connection.execute(
            "SELECT c.url_path FROM wagtailcore_page c JOIN pages_categorypage k"
            " ON k.page_ptr_id = c.id WHERE c.live ORDER BY c.path"
        ).fetchall()
    return {
        "product": [path for (path,) in products],
        "category": ["/" + path.split("/", 2)[2] for (path,) in categories],
        "variants": [variant for (variant,) in variants],
    }


def run(
    environment: dict[str, str],
    targets: dict[str, list],
    control: Control,
    options: argparse.Namespace,
) -> list[Figures]:
    """Measure everything at 1 and 16 connections."""
    figures: list[Figures] = []

    def at_both(
        name: str, server: Server, make_step: Callable[[], Step], at: tuple[int, ...] = (1, 16)
    ) -> None:
        if options.only in name:
            for connections in at:
                measured = load.measure(
                    name, server, make_step, connections=connections, seconds=options.seconds
                )
                print(line(measured), flush=True)
                figures.append(measured)

    plain = {**os.environ, "DJANGO_SETTINGS_MODULE": ""}
    with servers.serving("bench.trivial:application", environment=plain) as server:
        at_both("trivial view", server, lambda: shopping.get(server, ["/"]))
    with servers.serving("storefront.wsgi:application", environment=environment) as server:
        at_both("home", server, lambda: shopping.get(server, ["/"]))
        at_both("category", server, lambda: shopping.get(server, targets["category"]))
        # Each worker renders what it remembers of a page at its first view; then all is warm.
        at_both("product, cold", server, lambda: shopping.get(server, targets["product"]), (16,))
        at_both("product", server, lambda: shopping.get(server, targets["product"]))

        def shopper() -> shopping.Shopper:
            return shopping.Shopper(server, targets["product"], targets["variants"])

        at_both("cart add", server, lambda: shopper().add)

        def cart() -> Step:
            visitor = shopper()
            visitor.fill()
            return visitor.show_cart

        at_both("cart", server, cart)

        def checkout() -> Step:
            visitor = shopper()
            return lambda: visitor.check_out(control)

        at_both("checkout", server, checkout)
    return figures


def line(figures: Figures) -> str:
    """One row of the table."""
    return (
        f"{figures.name:<14} {figures.connections:>3} {figures.per_second:>10,.1f}/s"
        f" {figures.p50_ms:>8.1f} {figures.p95_ms:>8.1f} {figures.cpu_ms:>8.2f} {figures.errors:>6}"
    )


def show(figures: list[Figures]) -> None:
    """Print the table once more, whole."""
    print(
        f"\n{'what':<14} {'con':>3} {'rate':>12} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8} errors"
    )
    for figure in figures:
        print(line(figure))


def write(figures: list[Figures], products: int) -> None:
    """Keep the figures with the commit and the conditions."""
    now = datetime.now(UTC)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    record = {
        "at": now.isoformat(timespec="seconds"),
        "commit": commit,
        "products": products,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "server": "granian WSGI, 2 workers, 1 blocking thread each; driver on the same machine",
        "figures": [asdict(figure) for figure in figures],
    }
    path = ROOT / "bench" / "results" / f"{now:%Y%m%d-%H%M%S}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
