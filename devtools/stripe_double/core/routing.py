"""From method and path to a handler; from a handler's object to the JSON the SDK expects."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import StripeError, invalid, no_such
from .params import Params
from .store import Obj
from .world import World, public


@dataclass
class Call:
    """One API request, as a handler sees it."""

    world: World
    params: Params
    account: str
    path: dict[str, str] = field(default_factory=dict)

    def get(self, kind: str, identifier: str | None = None, *, param: str = "id") -> Obj:
        """The caller's object of that kind, or the provider's 404."""
        wanted = identifier or self.path["id"]
        obj = self.world.store.find(kind, wanted, self.account)
        if obj is None:
            raise no_such(kind, wanted, param=param)
        return obj

    def refer(self, kind: str, param: str) -> Obj | None:
        """The object a parameter names, or None when it was not sent."""
        wanted = self.params.text(param)
        if wanted is None:
            return None
        obj = self.world.store.find(kind, wanted, self.account)
        if obj is None:
            raise no_such(kind, wanted, param=self.params.name(param), status=400)
        return obj


@dataclass(frozen=True)
class Listing:
    """What a list handler returns: candidates newest first; paging is done here."""

    objects: list[Obj]
    url: str
    search: bool = False
    show: Callable[[Obj], Obj] = public


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    segments: tuple[str, ...]
    handler: Handler
    allowed: frozenset[str] | None


ROUTES: dict[tuple[str, int], list[Route]] = {}
LIST_PARAMS = "limit starting_after ending_before"
# Parameters the provider takes somewhere and the double nowhere: refused by their own name.
_BEYOND = (
    "amount_to_confirm confirmation_token customer_account hooks line_items managed_payments "
    "optional_items payment_intent_data payment_method_data permissions subscription wallet_options"
)
BEYOND = frozenset(_BEYOND.split())
# Objects that appear only when asked for: (object, field) -> function of (world, object)
INCLUDABLE: dict[tuple[str, str], Callable[[World, Obj], Any]] = {}


def route(method: str, path: str, params: str | None = None) -> Callable[[Handler], Handler]:
    """Register a handler; `params` are the accepted names, None accepts any."""
    segments = tuple(path.strip("/").split("/"))
    allowed = None if params is None else frozenset(params.split()) | {"expand"}

    def register(handler: Handler) -> Handler:
        found = Route(segments, handler, allowed)
        ROUTES.setdefault((method, len(segments)), []).append(found)
        return handler

    return register


def list_route(path: str, params: str = "created") -> Callable[[Handler], Handler]:
    return route("GET", path, f"{LIST_PARAMS} {params}")


def match(method: str, path: str) -> tuple[Route, dict[str, str]]:
    segments = path.strip("/").split("/")
    for candidate in ROUTES.get((method, len(segments)), ()):
        values: dict[str, str] = {}
        for pattern, segment in zip(candidate.segments, segments, strict=True):
            if pattern[0] == "{":
                values[pattern[1:-1]] = segment
            elif pattern != segment:
                break
        else:
            return candidate, values
    raise StripeError(
        f"Unrecognized request URL ({method}: /{'/'.join(segments)}).", status=404, stored=False
    )


def render(call: Call, result: Any) -> Obj:
    paths = call.params.strings("expand")
    if isinstance(result, Listing):
        page = _page(call, result)
        for path in paths:
            head, _, rest = path.partition(".")
            if head != "data" or not rest:
                raise _cannot_expand(path)
            page["data"] = [_expanded(call, obj, rest.split("."), path) for obj in page["data"]]
        return page
    obj = public(result)
    for path in paths:
        obj = _expanded(call, obj, path.split("."), path)
    return obj


def _expanded(call: Call, value: Any, path: list[str], whole: str) -> Any:
    """A copy of `value` in which the id at `path` is replaced by its object."""
    if value is None or not path:
        return value
    if isinstance(value, list):
        return [_expanded(call, item, path, whole) for item in value]
    copy = dict(value)
    name = path[0]
    include = INCLUDABLE.get((copy.get("object", ""), name))
    if include is not None:
        stored = call.world.store.by_id[copy["id"]]
        copy[name] = include(call.world, stored)
    elif name not in copy:
        raise _cannot_expand(whole)
    child = copy[name]
    if isinstance(child, str):
        target = call.world.store.by_id.get(child)
        if target is None:
            raise _cannot_expand(whole)
        child = public(target)
    copy[name] = _expanded(call, child, path[1:], whole)
    return copy


def _cannot_expand(path: str) -> StripeError:
    return invalid("expand", f"This property cannot be expanded ({path}).")


def listing_of(objects: list[Obj], url: str) -> Obj:
    """A complete list embedded in another object."""
    return {
        "object": "list",
        "data": [public(obj) for obj in objects],
        "has_more": False,
        "url": url,
    }


def _page(call: Call, listing: Listing) -> Obj:
    limit = call.params.integer("limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise invalid("limit", "limit must be between 1 and 100.")
    if listing.search:
        return _search_page(call, listing, limit)
    objects = [obj for obj in listing.objects if _created_matches(call.params, obj)]
    after, before = call.params.text("starting_after"), call.params.text("ending_before")
    if after:
        start = _position(objects, after, "starting_after") + 1
        chosen, more = objects[start : start + limit], len(objects) > start + limit
    elif before:
        end = _position(objects, before, "ending_before")
        chosen, more = objects[max(0, end - limit) : end], end > limit
    else:
        chosen, more = objects[:limit], len(objects) > limit
    return {
        "object": "list",
        "data": [listing.show(obj) for obj in chosen],
        "has_more": more,
        "url": listing.url,
    }


def _search_page(call: Call, listing: Listing, limit: int) -> Obj:
    start = call.params.integer("page") or 0
    end = start + limit
    more = len(listing.objects) > end
    return {
        "object": "search_result",
        "data": [listing.show(obj) for obj in listing.objects[start:end]],
        "has_more": more,
        "next_page": str(end) if more else None,
        "url": listing.url,
    }


def _position(objects: list[Obj], identifier: str, param: str) -> int:
    for position, obj in enumerate(objects):
        if obj["id"] == identifier:
            return position
    raise no_such("object", identifier, param=param, status=400)


def _created_matches(params: Params, obj: Obj) -> bool:
    if "created" not in params:
        return True
    if isinstance(params.data["created"], str):
        return bool(obj["created"] == params.integer("created"))
    bounds = params.nested("created")
    tests: dict[str, Callable[[int, int], bool]] = {
        "gt": int.__gt__,
        "gte": int.__ge__,
        "lt": int.__lt__,
        "lte": int.__le__,
    }
    for name, test in tests.items():
        bound = bounds.integer(name)
        if bound is not None and not test(obj["created"], bound):
            return False
    return True


def matching(call: Call, kind: str, *names: str) -> list[Obj]:
    """The caller's objects, newest first, whose fields equal the parameters that were sent."""
    wanted = {name: value for name in names if (value := call.params.text(name)) is not None}
    return [
        obj
        for obj in call.world.store.newest_first(kind)
        if obj["_account"] == call.account
        and all(str(obj.get(name)) == value for name, value in wanted.items())
    ]
