"""What a forked process can be: web, worker, beat, a single call, a holder of stock."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Order = dict[str, Any]
THREADS = 4
MOST_IN_LINE = 30


def web(order: Order, door: socket.socket | None) -> int:
    """Serve the shop on the shared socket with a few threads, and pooled connections."""
    from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
    from django.db import connections

    from storefront.wsgi import application

    assert door is not None
    database = connections.databases["default"]
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 2}
    server = WSGIServer(door.getsockname(), WSGIRequestHandler, bind_and_activate=False)
    server.socket.close()
    server.socket = door
    server.server_name, server.server_port = "127.0.0.1", door.getsockname()[1]
    server.setup_environ()
    server.set_app(application)

    def serve() -> None:
        while True:
            try:
                request, address = server.get_request()
                server.process_request(request, address)
            except OSError:
                continue

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


def worker(order: Order, door: socket.socket | None) -> int:
    """A Celery worker that runs its tasks itself, so that killing it kills what it does."""
    from storefront.celery import app

    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        **order.get("transport", {}),
    }
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    name = f"{order['name']}-{os.getpid()}@prove"
    app.worker_main(argv=["worker", "-P", "solo", "-Q", order["queues"], "-n", name, *quiet])
    return 0


def beat(order: Order, door: socket.socket | None) -> int:
    """The shop's schedule, run faster: what comes every minute comes every three seconds."""
    import redis
    from celery.beat import Scheduler, Service

    from storefront.celery import app

    queues = redis.Redis.from_url(app.conf.broker_url, socket_timeout=1)

    class Considerate(Scheduler):
        """Sends nothing while workers are not done with what they have, as on a busy machine:
        what comes every minute would only lapse in line, and the rest would wait behind it."""

        def apply_entry(self, entry: Any, producer: Any = None) -> None:
            with suppress(redis.RedisError):
                if queues.llen("default") + queues.llen("money") > MOST_IN_LINE:
                    return
            super().apply_entry(entry, producer=producer)

    schedule = dict(app.conf.beat_schedule)
    app.conf.beat_schedule = {
        name: {**entry, "schedule": max(1.0, entry["schedule"] / order["faster"])}
        for name, entry in schedule.items()
        if isinstance(entry["schedule"], int | float) and entry["schedule"] <= 300
    }
    Service(app, max_interval=0.5, scheduler_cls=Considerate).start()
    return 0


def call(order: Order, door: socket.socket | None) -> int:
    """Run one function of `devtools.prove.hands`; its answer goes to a file."""
    from devtools.prove import hands

    function: Callable[..., Any] = getattr(hands, order["call"])
    answer = function(**order.get("values", {}))
    draft = Path(f"{order['answer']}.part")
    draft.write_text(json.dumps(answer))
    draft.replace(order["answer"])
    return 0


def holder(order: Order, door: socket.socket | None) -> int:
    """One of many sessions that hold, claim and release the same few units."""
    from devtools.prove import holds

    holds.hold(**order["values"])
    return 0


ROLES: dict[str, Callable[[Order, socket.socket | None], int]] = {
    "web": web,
    "worker": worker,
    "beat": beat,
    "call": call,
    "holder": holder,
}
