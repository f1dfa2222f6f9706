"""Processes of the shop on demand: loads Django once, then forks a process for every order.

`python -m devtools.prove.nursery` reads orders as JSON lines and answers in JSON lines. A forked
process is as real as any other (its own sockets, sessions and death), but is there in 50 ms, so
that hundreds of kills fit into minutes. The web's listening socket lives here: when one web process
dies, another one takes the next connection, as behind any server that forks.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

Order = dict[str, Any]


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "devtools.prove.settings"
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what anybody prints must not look like an answer
    Nursery(answers).run()
    return 0


class Nursery:
    def __init__(self, answers: Any) -> None:
        self.answers = answers
        self.children: dict[int, int] = {}
        self.doors: dict[int, socket.socket] = {}

    def run(self) -> None:
        load()
        self.say(ready=True)
        buffer = b""
        while True:
            readable, _, _ = select.select([0], [], [], 0.02)
            if readable:
                chunk = os.read(0, 65536)
                if not chunk:
                    break
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self.obey(json.loads(line))
            self.reap()
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def say(self, **values: Any) -> None:
        self.answers.write(json.dumps(values) + "\n")

    def obey(self, order: Order) -> None:
        if order["op"] == "listen":
            door = socket.create_server(("127.0.0.1", order["port"]), backlog=256)
            self.doors[order["port"]] = door
            self.say(listening=order["port"])
        elif order["op"] == "shut":
            self.doors.pop(order["port"]).close()
        elif order["op"] == "warm":
            warm(order)
            self.say(warm=True)
        elif order["op"] == "kill":
            for pid, number in self.children.items():
                if number == order["id"]:
                    os.kill(pid, order.get("signal", signal.SIGKILL))
        else:
            self.spawn(order)

    def spawn(self, order: Order) -> None:
        pid = os.fork()
        if pid == 0:
            become(order, self.doors.get(order.get("port", 0)))
        self.children[pid] = order["id"]
        self.say(spawned=order["id"], pid=pid)

    def reap(self) -> None:
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self.children.pop(pid, None)
            self.say(died=number, pid=pid, code=os.waitstatus_to_exitcode(status))


def load() -> None:
    """Import everything that a web process or a worker imports."""
    import django

    django.setup()
    from django.urls import get_resolver

    from storefront import wsgi
    from storefront.celery import app

    assert wsgi.application
    get_resolver().url_patterns  # noqa: B018 - loads every view
    app.loader.import_default_modules()
    app.finalize()


def warm(order: Order) -> None:
    """Fill the caches of code and templates with a few requests, then let go of the database."""
    from django.db import connections
    from django.test import Client

    settle_in(order)
    client = Client()
    for path in order["paths"]:
        client.get(path, follow=True)
    connections["default"].close()
    from django.core.cache import caches

    caches.close_all()
    gc.collect()
    gc.freeze()


def settle_in(order: Order) -> None:
    """Take the drill's database, provider and mailbox instead of those of the import."""
    from django.conf import settings
    from django.db import connections

    for name, value in order.get("settings", {}).items():
        setattr(settings, name, value)
    if "database" in order:
        connections.databases["default"]["NAME"] = order["database"]


def become(order: Order, door: socket.socket | None) -> None:
    """In the new process: be what was ordered, and never return."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        # Not closed: whoever opened something next would get that number, and a crew's
        # processes close what they take for their input.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        settle_in(order)
        from commerce.kernel import failpoints
        from devtools.prove import controls, roles

        failpoints.arm(order.get("failpoints", ""))
        controls.remove(order.get("without", []))
        code = roles.ROLES[order["kind"]](order, door)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def log_of(place: Path, name: str) -> str:
    place.mkdir(parents=True, exist_ok=True)
    return str(place / f"{name}.log")


if __name__ == "__main__":
    sys.exit(main())
