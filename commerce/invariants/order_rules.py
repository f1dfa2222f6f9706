"""Rules of orders, of their life and of the delivery of facts."""

from .types import Rule

ORDER_RULES = [
    Rule(
        code="INV8",
        promise="An order is the sum of its parts, and a part the sum of its lines.",
        violations="""
            SELECT (
                SELECT count(*) FROM (
                    SELECT o.id FROM orders_order o
                    LEFT JOIN orders_sellerorder p ON p.order_id = o.id
                    GROUP BY o.id
                    HAVING count(p.id) = 0
                        OR sum(p.total_minor) <> o.total_minor
                        OR sum(p.goods_minor) <> o.goods_minor
                        OR sum(p.discount_minor) <> o.discount_minor
                        OR sum(p.shipping_minor) <> o.shipping_minor
                        OR sum(p.shipping_discount_minor) <> o.shipping_discount_minor
                        OR sum(p.tax_minor) <> o.tax_minor
                        OR sum(p.included_tax_minor) <> o.included_tax_minor
                        OR o.goods_minor - o.discount_minor + o.shipping_minor
                            - o.shipping_discount_minor + o.tax_minor <> o.total_minor
                ) AS orders
            ) + (
                SELECT count(*) FROM (
                    SELECT p.id FROM orders_sellerorder p
                    LEFT JOIN orders_orderline l ON l.seller_order_id = p.id
                    GROUP BY p.id
                    HAVING count(l.id) = 0
                        OR sum(l.total_minor) <> p.goods_minor
                        OR sum(l.discount_minor) <> p.discount_minor
                        OR sum(l.platform_discount_minor) > p.platform_discount_minor
                        OR sum(l.included_tax_minor) > p.included_tax_minor
                        OR sum(l.tax_minor) + p.shipping_tax_minor <> p.tax_minor
                        OR sum(l.commission_minor) <> p.commission_minor
                        OR p.goods_minor - p.discount_minor + p.shipping_minor
                            - p.shipping_discount_minor + p.tax_minor <> p.total_minor
                ) AS parts
            )
        """,
    ),
    Rule(
        code="INV8",
        promise="A line's total, tax and commission follow from what was frozen on it.",
        violations="""
            SELECT count(*) FROM orders_orderline
            WHERE total_minor <> unit_minor * quantity
               OR (included_tax_minor = 0 AND abs(
                    tax_minor - (total_minor - discount_minor)::numeric * tax_rate_bps / 10000
               ) > 0.5)
               OR abs(
                    commission_minor - commission_bps::numeric / 10000 * (
                        total_minor - discount_minor + platform_discount_minor - included_tax_minor
                    )
               ) > 0.5
        """,
    ),
    Rule(
        code="INV8",
        promise="What is given back of a line is exactly its units' share, tax and commission too.",
        violations="""
            SELECT count(*) FROM orders_adjustmentline a
            JOIN orders_orderline l ON l.id = a.order_line_id
            CROSS JOIN LATERAL (VALUES
                (a.goods_minor, l.total_minor - l.discount_minor),
                (a.tax_minor, l.tax_minor),
                (a.included_tax_minor, l.included_tax_minor),
                (a.commission_minor, l.commission_minor),
                (a.platform_minor, l.platform_discount_minor)
            ) AS amount (given, whole)
            WHERE amount.given <> a.quantity * (amount.whole / l.quantity)
                + least(a.after_quantity + a.quantity, amount.whole % l.quantity)
                - least(a.after_quantity, amount.whole % l.quantity)
        """,
    ),
    Rule(
        code="INV18",
        promise="Orders and their parts moved only along the allowed graph.",
        violations="""
            SELECT count(*) FROM orders_orderevent e
            WHERE CASE WHEN e.version = 0 THEN e.from_state <> '' OR e.to_state <> 'pending'
                ELSE NOT EXISTS (
                    SELECT 1 FROM orders_move m
                    WHERE m.subject = CASE WHEN e.seller_order_id IS NULL
                            THEN 'order' ELSE 'seller_order' END
                      AND m.from_state = e.from_state AND m.to_state = e.to_state
                ) END
        """,
    ),
    Rule(
        code="INV18",
        promise="A part waits while its order does, and ends when it is canceled.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
            WHERE (p.state = 'pending') <> (o.state = 'pending')
               OR (o.state = 'canceled' AND p.state <> 'canceled')
        """,
    ),
    Rule(
        code="INV18",
        promise="A part ends with its last parcel, and as returned when nothing of it is kept.",
        violations="""
            SELECT (
                SELECT count(*) FROM orders_sellerorder p
                WHERE p.state = 'shipped' AND EXISTS (
                    SELECT 1 FROM fulfillment_shipment s WHERE s.seller_order_id = p.id
                ) AND NOT EXISTS (
                    SELECT 1 FROM fulfillment_shipment s
                    WHERE s.seller_order_id = p.id AND (s.state IN ('shipped', 'ready')
                        OR (s.state = 'lost' AND (s.over_at IS NULL
                            OR s.over_at > clock_timestamp() - interval '1 hour')))
                )
            ) + (
                SELECT count(*) FROM orders_sellerorder p
                WHERE p.state IN ('shipped', 'delivered', 'returned')
                AND (p.state = 'returned') = EXISTS (
                    SELECT 1 FROM orders_orderline l WHERE l.seller_order_id = p.id
                    AND l.quantity > l.canceled_quantity + l.returned_quantity + l.lost_quantity
                )
            )
        """,
    ),
    Rule(
        code="INV19",
        promise="Each move has exactly one event with its actor, and the events lead to the state.",
        violations="""
            WITH subjects AS (
                SELECT id AS order_id, NULL::bigint AS seller_order_id, state, version
                FROM orders_order
                UNION ALL
                SELECT order_id, id, state, version FROM orders_sellerorder
            ), told AS (
                SELECT order_id, seller_order_id, count(*) AS events, max(version) AS version,
                    (array_agg(to_state ORDER BY version DESC))[1] AS state,
                    bool_or(actor = '' OR from_state <> coalesce(before, '')) AS broken
                FROM (
                    SELECT e.*, lag(e.to_state) OVER (
                        PARTITION BY e.order_id, e.seller_order_id ORDER BY e.version
                    ) AS before FROM orders_orderevent e
                ) AS history
                GROUP BY order_id, seller_order_id
            )
            SELECT count(*) FROM subjects s LEFT JOIN told t
                ON t.order_id = s.order_id
                AND t.seller_order_id IS NOT DISTINCT FROM s.seller_order_id
            WHERE t.events IS NULL OR t.broken OR t.events <> s.version + 1
               OR t.version <> s.version OR t.state <> s.state
        """,
    ),
    Rule(
        code="INV20",
        promise="No more is shipped, canceled, returned or refunded than was ordered.",
        violations="""
            SELECT count(*) FROM orders_orderline
            WHERE shipped_quantity + canceled_quantity > quantity
               OR returned_quantity + lost_quantity > shipped_quantity
               OR refunded_quantity > canceled_quantity + returned_quantity + lost_quantity
        """,
    ),
    Rule(
        code="INV20",
        promise="What a line says was refunded is what its adjustments hold, each unit once.",
        violations="""
            SELECT count(*) FROM orders_orderline l
            LEFT JOIN LATERAL (
                SELECT sum(a.quantity) AS units, max(a.after_quantity + a.quantity) AS reach
                FROM orders_adjustmentline a WHERE a.order_line_id = l.id
            ) AS given ON true
            WHERE l.refunded_quantity <> coalesce(given.units, 0)
               OR l.refunded_quantity <> coalesce(given.reach, 0)
        """,
    ),
    Rule(
        code="INV20",
        promise="No part gives back more than was paid for it, and a canceled one all of it.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p
            LEFT JOIN LATERAL (
                SELECT sum(a.refund_minor) AS refund FROM orders_adjustment a
                WHERE a.seller_order_id = p.id
            ) AS given ON true
            WHERE given.refund > p.total_minor
               OR (p.state = 'canceled' AND p.confirmed_at IS NOT NULL
                   AND given.refund IS DISTINCT FROM p.total_minor)
        """,
    ),
    Rule(
        code="INV20",
        promise="What a line says was shipped is what its parcels hold.",
        violations="""
            SELECT count(*) FROM orders_orderline l
            WHERE l.shipped_quantity <> (
                SELECT coalesce(sum(s.quantity), 0) FROM fulfillment_shipmentline s
                WHERE s.order_line_id = l.id
            )
        """,
    ),
    Rule(
        code="INV21",
        promise="Every confirmed order was told to the rest of the shop once.",
        violations="""
            SELECT count(*) FROM orders_order o
            WHERE o.state = 'confirmed' AND (
                SELECT count(*) FROM outbox_event e
                WHERE e.name = 'orders.order-confirmed.v1'
                  AND (e.payload ->> 'order_id')::bigint = o.id
            ) <> 1
        """,
    ),
    Rule(
        code="INV21",
        promise="No fact waits for its hearers longer than an hour.",
        violations="""
            SELECT count(*) FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_id
            WHERE d.delivered_at IS NULL AND d.given_up_at IS NULL
              AND e.occurred_at < clock_timestamp() - interval '1 hour'
        """,
    ),
    Rule(
        code="INV22",
        promise="One key asks for one thing: attempts and their keys are as they were given.",
        violations="""
            SELECT count(*) FROM payments_payment
            WHERE idempotency_key <> 'pay:' || order_token || ':' || attempt
        """,
    ),
    Rule(
        code="INV22",
        promise="Every notice of the provider was acted on within an hour.",
        violations="""
            SELECT count(*) FROM payments_providerevent
            WHERE handled_at IS NULL AND received_at < clock_timestamp() - interval '1 hour'
        """,
    ),
]
