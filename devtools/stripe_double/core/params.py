"""Form-encoded parameters with nesting (`a[b][0][c]=d`), read with the provider's refusals."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from .errors import invalid, missing_param, not_in_double, unknown_param

_CURRENCIES = (
    "aed ars aud bam bgn bhd brl cad chf clp cny cop cve czk dkk egp eur gbp hkd huf idr ils inr "
    "isk jod jpy kes krw kwd mad mxn myr ngn nok nzd omr pen php pkr pln qar ron rsd sar sek sgd "
    "thb tnd try twd uah usd uyu vnd xof zar"
)
CURRENCIES = frozenset(_CURRENCIES.split())
LARGEST_AMOUNT = 99_999_999
_KEY = re.compile(r"\[([^\]]*)\]")


def decode(encoded: str) -> dict[str, Any]:
    """Nested dictionaries; a list is a dictionary whose keys are its positions."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, bracket, _ = key.partition("[")
        path = [head, *(_KEY.findall(key[len(head) :]) if bracket else [])]
        node = tree
        for part in path[:-1]:
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node = child
        node[path[-1] or str(len(node))] = value
    return tree


class Params:
    """Reads one level of parameters; `prefix` only serves error messages."""

    def __init__(self, data: dict[str, Any], prefix: str = "") -> None:
        self.data = data
        self.prefix = prefix

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def name(self, name: str) -> str:
        return f"{self.prefix}[{name}]" if self.prefix else name

    def only(self, allowed: frozenset[str], beyond: frozenset[str] = frozenset()) -> None:
        """Refuse parameters that do not exist, and by another code those not imitated."""
        for name in self.data:
            if name not in allowed:
                if name in beyond:
                    raise not_in_double(f"the parameter {name} here", self.name(name))
                raise unknown_param(self.name(name))

    def text(self, name: str) -> str | None:
        value = self.data.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise invalid(self.name(name), f"{self.name(name)} must be a string.")
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing_param(self.name(name))
        return value

    def choice(self, name: str, options: tuple[str, ...], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is None:
            return default
        if value not in options:
            listed = ", ".join(options)
            raise invalid(self.name(name), f"{self.name(name)} must be one of {listed}.")
        return value

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(
                self.name(name), f"Invalid integer: {value}", code="parameter_invalid_integer"
            )
        return int(value)

    def boolean(self, name: str, default: bool = False) -> bool:
        value = self.choice(name, ("true", "false"))
        return default if value is None else value == "true"

    def amount(self, name: str = "amount", *, least: int = 1) -> int | None:
        value = self.integer(name)
        if value is None:
            return None
        if value < least:
            code = "amount_too_small" if value > 0 else "parameter_invalid_integer"
            raise invalid(self.name(name), f"{self.name(name)} must be at least {least}.", code)
        if value > LARGEST_AMOUNT:
            raise invalid(self.name(name), f"{self.name(name)} is too large.", "amount_too_large")
        return value

    def required_amount(self, name: str = "amount", *, least: int = 1) -> int:
        value = self.amount(name, least=least)
        if value is None:
            raise missing_param(self.name(name))
        return value

    def currency(self, name: str = "currency") -> str:
        value = self.required(name).lower()
        if value not in CURRENCIES:
            raise invalid(self.name(name), f"Invalid currency: {value}.")
        return value

    def url(self, name: str) -> str:
        value = self.required(name)
        if not re.match(r"https?://[^/\s]+", value):
            raise invalid(self.name(name), f"Not a valid URL: {value}", "url_invalid")
        return value

    def nested(self, name: str) -> "Params":
        value = self.data.get(name)
        if value is None or value == "":
            return Params({}, self.name(name))
        if not isinstance(value, dict):
            raise invalid(self.name(name), f"{self.name(name)} must be an object.")
        return Params(value, self.name(name))

    def each(self, name: str) -> Iterator["Params"]:
        group = self.nested(name)
        for key in sorted(group.data, key=lambda k: int(k) if k.isdigit() else 0):
            yield group.nested(key)

    def strings(self, name: str) -> list[str]:
        group = self.nested(name)
        return [str(group.data[key]) for key in group.data]

    def plain(self, name: str) -> dict[str, Any] | None:
        """A nested object kept as it was sent (addresses, shipping, profiles)."""
        return self.nested(name).data or None

    def metadata(self, current: dict[str, str] | None = None) -> dict[str, str]:
        """The metadata after this request: sent keys are merged, an empty value removes."""
        merged = dict(current or {})
        if self.data.get("metadata") == "":
            return {}
        for key, value in self.nested("metadata").data.items():
            if len(key) > 40:
                raise invalid(self.name("metadata"), f"Metadata key {key} exceeds 40 characters.")
            if not isinstance(value, str) or len(value) > 500:
                raise invalid(
                    self.name("metadata"), f"Metadata value of {key} exceeds 500 characters."
                )
            if value == "":
                merged.pop(key, None)
            else:
                merged[key] = value
        if len(merged) > 50:
            raise invalid(self.name("metadata"), "Metadata takes at most 50 keys.")
        return merged
