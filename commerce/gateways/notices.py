"""Who acts on a provider's notices. A module above registers a function by kind.

Handlers run outside any transaction, because most ask the provider for the
current state first; so they must be idempotent and must not trust the notice
beyond its ids. A handler that raises is run again later.
"""

from collections import defaultdict
from collections.abc import Callable

from .payments import ProviderEventData

Handler = Callable[[ProviderEventData], str | None]

_handlers: dict[str, list[Handler]] = defaultdict(list)


def hears(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a handler for kinds such as "payout.paid"; it may return a word for the log."""

    def register(handler: Handler) -> Handler:
        for kind in kinds:
            if handler not in _handlers[kind]:
                _handlers[kind].append(handler)
        return handler

    return register


def handlers_of(kind: str) -> list[Handler]:
    """Return the functions that act on notices of this kind."""
    return list(_handlers[kind])
