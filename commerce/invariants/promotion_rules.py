"""Rules of promotions: how often they are used, by whom, and what they took off."""

from .types import Rule

PROMOTION_RULES = [
    Rule(
        code="INV8",
        promise="What was taken off a line is what its promotions took, borne as they say.",
        violations="""
            SELECT count(*) FROM orders_orderline l
            WHERE l.discount_minor <> (
                SELECT coalesce(sum((cut ->> 'amount_minor')::bigint), 0)
                FROM jsonb_array_elements(l.adjustments) AS cut
            ) OR l.platform_discount_minor <> (
                SELECT coalesce(sum((cut ->> 'amount_minor')::bigint), 0)
                FROM jsonb_array_elements(l.adjustments) AS cut
                WHERE cut ->> 'funded_by' = 'platform'
            )
        """,
    ),
    Rule(
        code="INV23",
        promise="No promotion is used more often than it may be, and its count is its uses.",
        violations="""
            SELECT count(*) FROM pricing_promotion p
            WHERE p.max_uses IS NOT NULL AND (
                p.used > p.max_uses OR p.used <> (
                    SELECT count(*) FROM pricing_redemption r
                    WHERE r.promotion_id = p.id AND r.released_at IS NULL
                )
            )
        """,
    ),
    Rule(
        code="INV23",
        promise="No customer uses a promotion twice in one of their allowed turns.",
        violations="""
            SELECT count(*) FROM (
                SELECT promotion_id FROM pricing_redemption
                WHERE released_at IS NULL AND slot IS NOT NULL
                GROUP BY promotion_id, customer_key, slot HAVING count(*) > 1
                UNION ALL
                SELECT promotion_id FROM pricing_redemption
                WHERE released_at IS NULL AND slot IS NOT NULL AND user_id IS NOT NULL
                GROUP BY promotion_id, user_id, slot HAVING count(*) > 1
            ) AS doubled
        """,
    ),
    Rule(
        code="INV23",
        promise="A promotion is used by living orders only: given back at once by those that"
        " failed, within 15 minutes by those that were paid and canceled.",
        violations="""
            SELECT count(*) FROM pricing_redemption r
            LEFT JOIN orders_order o ON o.token = r.order_token
            WHERE r.released_at IS NULL AND (o.id IS NULL OR o.state = 'canceled' AND NOT EXISTS (
                SELECT 1 FROM orders_orderevent e
                WHERE e.order_id = o.id AND e.seller_order_id IS NULL
                  AND e.to_state = 'canceled' AND e.from_state = 'confirmed'
                  AND e.at > clock_timestamp() - interval '15 minutes'
            ))
        """,
    ),
]
