"""The double as one object: in this process, on a thread, on a free port unless one is named."""

from pathlib import Path
from typing import Any, Self

from . import control, pages
from .client import Control
from .core.app import App
from .core.idempotency import forget_unfinished
from .core.webhooks import Webhooks
from .core.world import World
from .server import Server

DEFAULT_SECRET = "whsec_double"


class StripeDouble(Control):
    """`with StripeDouble(webhook_url=…, webhook_secret=…) as double: double.url`.

    Further keywords are the settings of core/world.Behavior (payout_delay=60 and so on).
    """

    def __init__(
        self,
        *,
        webhook_url: str | None = None,
        webhook_secret: str | list[str] = DEFAULT_SECRET,
        connect_webhook_secret: str | None = None,
        port: int = 0,
        state: str | Path | None = None,
        webhook_workers: int = 4,
        **behavior: Any,
    ) -> None:
        self.world = World.open(state, behavior)
        forget_unfinished(self.world)
        secrets = [webhook_secret] if isinstance(webhook_secret, str) else list(webhook_secret)
        connect = [connect_webhook_secret] if connect_webhook_secret else None
        hooks = Webhooks(self.world, webhook_url, secrets, connect, webhook_workers)
        self.app = App(self.world, hooks, extras=pages.ALL)
        self.app.control = control.handle
        self._server = Server(port)
        self._server.app = self.app
        super().__init__(self._server.url)
        self.world.base_url = self.url

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()
