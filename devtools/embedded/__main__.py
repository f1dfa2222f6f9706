"""`python -m devtools.embedded start|stop|status`: the embedded servers of this checkout."""

from __future__ import annotations

import argparse
import sys

from devtools.embedded import postgres, valkey
from devtools.embedded.places import EmbeddedServerError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.embedded", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status"])
    command = parser.parse_args().command
    try:
        return {"start": _start, "stop": _stop, "status": _status}[command]()
    except EmbeddedServerError as error:
        print(error, file=sys.stderr)
        return 1


def _start() -> int:
    print(f"DATABASE_URL={postgres.ensure_running()}")
    print(f"REDIS_URL={valkey.ensure_running()}")
    return 0


def _stop() -> int:
    for name, server in (("PostgreSQL", postgres), ("Valkey", valkey)):
        print(f"{name}: {'stopped' if server.stop() else 'was not running'}")
    return 0


def _status() -> int:
    """Exit code 0 when both run."""
    states = {"PostgreSQL": postgres.status(), "Valkey": valkey.status()}
    for name, is_up in states.items():
        print(f"{name}: {'running' if is_up else 'stopped'}")
    return 0 if all(states.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
