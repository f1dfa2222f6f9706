"""The search language, as far as shops use it: `status:"succeeded" AND metadata["order"]:"7"`."""

import re
from collections.abc import Callable

from .errors import invalid
from .store import Obj

Test = Callable[[Obj], bool]
_CLAUSE = re.compile(
    r"""\s*(?P<negated>-)?(?P<field>[a-z_]+)(?:\[["'](?P<key>[^"']+)["']\])?"""
    r"""(?P<relation>:|>=|<=|>|<|~)\s*(?P<value>"[^"]*"|'[^']*'|[\w.]+)\s*"""
)
_JOIN = re.compile(r"(AND|OR)\s+", re.IGNORECASE)


def parse(query: str) -> Test:
    tests: list[Test] = []
    joins: set[str] = set()
    position = 0
    while True:
        clause = _CLAUSE.match(query, position)
        if clause is None:
            raise invalid("query", f"Could not understand the search near {query[position:]!r}.")
        tests.append(_test(clause))
        position = clause.end()
        if position >= len(query):
            break
        join = _JOIN.match(query, position)
        if join is None:
            raise invalid("query", "Join search clauses with AND or OR.")
        joins.add(join[1].upper())
        position = join.end()
    if len(joins) > 1:
        raise invalid("query", "AND and OR cannot be mixed in one search.")
    combine = any if joins == {"OR"} else all
    return lambda obj: combine(test(obj) for test in tests)


def _test(clause: re.Match[str]) -> Test:
    field, key, relation = clause["field"], clause["key"], clause["relation"]
    wanted = clause["value"].strip("\"'")
    negated = bool(clause["negated"])

    def value_in(obj: Obj) -> str | None:
        found = (obj.get(field) or {}).get(key) if key else obj.get(field)
        return None if found is None else str(found)

    def holds(obj: Obj) -> bool:
        found = value_in(obj)
        if relation == ":":
            return found == wanted
        if relation == "~":
            return found is not None and wanted.lower() in found.lower()
        if found is None or not found.isdigit() or not wanted.isdigit():
            return False
        left, right = int(found), int(wanted)
        return {
            ">": left > right,
            "<": left < right,
            ">=": left >= right,
            "<=": left <= right,
        }[relation]

    return lambda obj: holds(obj) != negated
