"""What a forked process can be: web, worker, beat, a single call, a holder of stock."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Order = dict[str, Any]
THREADS = 4
MOST_IN_LINE = 30
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def web(order: Order, door: socket.socket | None) -> int:
    """Serve the shop on the shared socket with a few threads, and pooled connections."""
    from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
    from django.db import connections

    from storefront.wsgi import application

    assert door is not None
    if watch := order.get("watch"):
        _watch(Path(f"{watch}-{os.getpid()}.jsonl"))
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


def _watch(path: Path) -> None:
    """Write down from when to when each thread waited for the provider."""
    from commerce.gateways.stripe_calls import PooledClient

    asks = PooledClient.request

    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        began = time.time()
        try:
            return asks(self, *args, **kwargs)
        finally:
            with path.open("a") as file:
                file.write(json.dumps([began, time.time()]) + "\n")

    PooledClient.request = request  # type: ignore[method-assign]


def worker(order: Order, door: socket.socket | None) -> int:
    """A Celery worker that runs its tasks itself, so that killing it kills what it does; or, as in
    production, has them run by so many processes, and ends those that take too long."""
    from storefront.celery import app

    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        **order.get("transport", {}),
    }
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    name = f"{order['name']}-{os.getpid()}@prove"
    pool = ["-P", "solo"]
    if crew := order.get("crew"):
        pool = ["-P", "prefork", "-c", str(crew)]
        _die_together()
    app.worker_main(argv=["worker", *pool, "-Q", order["queues"], "-n", name, *quiet])
    return 0


def _die_together() -> None:
    """Whoever is killed takes the crew along, as a container does."""
    from celery.signals import worker_process_init

    def die_together(**_: Any) -> None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)

    worker_process_init.connect(die_together, weak=False)


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
