"""The rule engine of commissions: of all rules that fit a line, the most specific decides.

From the most to the least specific: the seller in the category, the seller, the
seller's plan in the category, the plan, the category, and last the seller's
agreement. Of rules equally specific the lowest rate decides. What was sold keeps
its rate: it is frozen on the order's line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commerce.kernel.confinement import unconfined
from commerce.kernel.sql import Planned, fetch

# Rules and agreements of all sellers asked about, and the plan each is on, in one trip.
_RULES = Planned("""
WITH asked AS (
    SELECT s.id AS seller_id, (
        SELECT plan_id FROM sellers_subscription p
        WHERE p.seller_id = s.id AND p.started_at <= %(at)s
          AND (p.ends_at IS NULL OR p.ends_at > %(at)s)
        ORDER BY p.started_at DESC LIMIT 1
    ) AS plan_id
    FROM unnest(%(sellers)s::bigint[]) AS s (id)
)
SELECT asked.seller_id, r.seller_id IS NOT NULL, r.plan_id IS NOT NULL, r.category_key,
    r.rate_bps, r.label
FROM asked JOIN sellers_commissionrule r
    ON (r.seller_id IS NULL OR r.seller_id = asked.seller_id)
    AND (r.plan_id IS NULL OR r.plan_id = asked.plan_id)
    AND r.valid_from <= %(at)s AND (r.valid_until IS NULL OR r.valid_until > %(at)s)
UNION ALL
SELECT asked.seller_id, false, false, NULL, agreed.rate_bps, 'agreement'
FROM asked CROSS JOIN LATERAL (
    SELECT rate_bps FROM sellers_commissionagreement a
    WHERE a.seller_id = asked.seller_id AND a.valid_from <= %(at)s
    ORDER BY a.valid_from DESC LIMIT 1
) AS agreed
""")


class NoAgreement(LookupError):
    """A seller has no commission agreement that is in force."""

    def __init__(self, seller_ids: Iterable[int]) -> None:
        self.seller_ids = sorted(seller_ids)
        super().__init__(f"No commission was agreed with seller {self.seller_ids}.")


@dataclass(frozen=True, kw_only=True)
class Commissioned:
    """Something sold, to find a rate for. `key` is the caller's own name for it."""

    key: int
    seller_id: int
    category_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Rate:
    bps: int
    because: str


@dataclass(frozen=True)
class _Rule:
    of_seller: bool
    of_plan: bool
    category_key: UUID | None
    rate_bps: int
    label: str

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """More specific is greater; of two equals the lower rate is."""
        return (self.of_seller, self.of_plan, self.category_key is not None, -self.rate_bps)


@unconfined()  # the marketplace's rules, asked for by seller
def rates(*, items: Sequence[Commissioned], at: datetime) -> dict[int, Rate]:
    """Return what the marketplace keeps of each item at a moment, in one statement.

    Raises NoAgreement rather than guess a rate.
    """
    wanted = {item.seller_id for item in items}
    by_seller: dict[int, list[_Rule]] = {seller_id: [] for seller_id in wanted}
    for seller_id, *rule in fetch(_RULES, at=at, sellers=sorted(wanted)):
        by_seller[seller_id].append(_Rule(*rule))
    if missing := {
        seller_id
        for seller_id, rules in by_seller.items()
        if not any(rule.label == "agreement" for rule in rules)
    }:
        raise NoAgreement(missing)
    return {item.key: _decide(item, by_seller[item.seller_id]) for item in items}


def _decide(item: Commissioned, rules: list[_Rule]) -> Rate:
    fitting = [
        rule
        for rule in rules
        if rule.category_key is None or str(rule.category_key) in item.category_keys
    ]
    best = max(fitting, key=lambda rule: rule.rank)
    return Rate(bps=best.rate_bps, because=best.label)
