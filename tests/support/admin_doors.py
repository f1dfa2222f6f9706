"""Every address of the admin, and two sellers' worlds to try them with."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

World = dict[str, Any]


@dataclass(frozen=True)
class Doorway:
    """One address pattern below /admin/."""

    name: str
    route: str
    arguments: tuple[str, ...] = field(default=())

    def addresses(self, worlds: dict[str, World]) -> Iterator[tuple[frozenset[str], str]]:
        """Return the address with every mixture of the worlds' ids, and who is in it."""
        owners = [
            [name for name, world in worlds.items() if argument in world]
            for argument in self.arguments
        ]
        for mixture in itertools.product(*owners):
            values = {
                argument: worlds[owner][argument]
                for argument, owner in zip(self.arguments, mixture, strict=True)
            }
            yield frozenset(mixture), self._fill(values)

    def _fill(self, values: World) -> str:
        address = self.route
        for argument in self.arguments:
            address = re.sub(
                rf"<(\w+:)?{argument}>|\(\?P<{argument}>[^)]*\)", str(values[argument]), address
            )
        return "/" + address.replace("^", "").replace("$", "").replace("\\.", ".").replace(
            ".*", "x"
        )


def doorways() -> list[Doorway]:
    """Return all of them, ours and Wagtail's."""
    return [
        doorway
        for doorway in _walk(get_resolver().url_patterns, "", ())
        if doorway.route.startswith("admin/")
    ]


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str, namespaces: tuple[str, ...]
) -> Iterator[Doorway]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inside = (*namespaces, *([pattern.namespace] if pattern.namespace else []))
            yield from _walk(pattern.url_patterns, route, inside)
        else:
            name = ":".join((*namespaces, pattern.name or pattern.lookup_str))
            yield Doorway(name, route, _arguments(pattern, route))


def _arguments(pattern: URLPattern, route: str) -> tuple[str, ...]:
    if isinstance(pattern.pattern, RoutePattern):
        return tuple(re.findall(r"<(?:\w+:)?(\w+)>", route))
    return tuple(re.findall(r"\(\?P<(\w+)>", route))
