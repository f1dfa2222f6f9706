from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must always hold, and the query that counts where it does not."""

    code: str
    promise: str
    violations: str


@dataclass(frozen=True, kw_only=True)
class Result:
    code: str
    rule: str
    violations: int
