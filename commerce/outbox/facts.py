"""What a fact is, and who hears it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened. `name` is its public name with a version."""

    name: ClassVar[str]


F = TypeVar("F", bound=Fact)

_handlers: dict[str, tuple[type[Fact], Callable[[Any], None]]] = {}
_heard_by: dict[str, list[str]] = defaultdict(list)


def subscribe(fact_type: type[F]) -> Callable[[Callable[[F], None]], Callable[[F], None]]:
    """Register a function that is run once for every fact of the type."""

    def register(handler: Callable[[F], None]) -> Callable[[F], None]:
        key = f"{handler.__module__}.{handler.__name__}"
        if key not in _handlers:
            _heard_by[fact_type.name].append(key)
        _handlers[key] = (fact_type, handler)
        return handler

    return register


def subscribers_of(name: str) -> list[str]:
    """Return the keys of all functions that hear facts of this name."""
    return list(_heard_by[name])


def hand_over(*, subscriber: str, payload: dict[str, Any]) -> None:
    """Run one subscriber. Raises LookupError when no code answers to that key any more."""
    if subscriber not in _handlers:
        raise LookupError(f"no subscriber is called {subscriber}")
    fact_type, handler = _handlers[subscriber]
    handler(fact_type(**payload))
