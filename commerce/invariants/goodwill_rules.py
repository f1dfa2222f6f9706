"""The rule of goodwill: it is for what shoppers keep."""

from .types import Rule

GOODWILL_RULES = [
    Rule(
        code="INV20",
        promise="When nothing of a part is kept, goodwill for it is settled, and nobody bears it.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p JOIN (
                SELECT seller_order_id,
                    sum(goods_minor + shipping_minor + tax_minor) AS gross,
                    sum(goodwill_minor - advanced_minor - withheld_minor) AS given,
                    coalesce(sum(borne_minor) FILTER (WHERE kind = 'goodwill'), 0)
                        - sum(recovered_minor) - sum(withheld_minor) AS borne
                FROM orders_adjustment GROUP BY seller_order_id
            ) AS back ON back.seller_order_id = p.id
            WHERE back.gross = p.total_minor AND (back.given > 0 OR back.borne > 0)
        """,
    ),
]
