"""Rules of stock and holds."""

from .types import Rule

STOCK_RULES = [
    Rule(
        code="INV1",
        promise="No more is promised than exists and may be sold ahead of its arrival.",
        violations="""
            SELECT count(*) FROM inventory_stock
            WHERE reserved < 0 OR reserved > on_hand + backorder_limit
        """,
    ),
    Rule(
        code="INV2",
        promise="What is reserved is the sum of the active holds that are counted.",
        violations="""
            SELECT count(*) FROM inventory_stock s
            WHERE s.reserved <> (
                SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r
                WHERE r.stock_id = s.id AND r.state = 'active' AND NOT r.by_unit
            )
        """,
    ),
    Rule(
        code="INV2",
        promise="What is on hand is the sum of its movements.",
        violations="""
            SELECT count(*) FROM inventory_stock s
            WHERE s.on_hand <> (
                SELECT coalesce(sum(m.delta), 0) FROM inventory_stockmovement m
                WHERE m.stock_id = s.id
            )
        """,
    ),
    Rule(
        code="INV2",
        promise="Where units are rows, those free and those held are what is not reserved.",
        violations="""
            SELECT count(*) FROM inventory_stock s
            WHERE (SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id) <> CASE
                WHEN s.by_unit THEN s.on_hand - s.reserved - inventory_held_by_unit(s.id)
                ELSE 0
            END
        """,
    ),
    Rule(
        code="INV2",
        promise="What is to leave from the shelves is what was sold from them.",
        violations="""
            WITH sold AS (
                SELECT r.holder, s.variant_id, sum(r.quantity) AS units
                FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
                WHERE r.state = 'claimed' GROUP BY r.holder, s.variant_id
            ), allocated AS (
                SELECT a.holder, s.variant_id, sum(a.quantity) AS units
                FROM inventory_allocation a JOIN inventory_stock s ON s.id = a.stock_id
                GROUP BY a.holder, s.variant_id
            )
            SELECT count(*) FROM sold FULL JOIN allocated USING (holder, variant_id)
            WHERE sold.units IS DISTINCT FROM allocated.units
        """,
    ),
    Rule(
        code="INV2",
        promise="What a count found lies where it was counted, and was asked for.",
        violations="""
            SELECT count(*)
            FROM inventory_countline line
            JOIN inventory_countsheet sheet ON sheet.id = line.sheet_id
            JOIN inventory_stock s ON s.id = line.stock_id
            WHERE s.location_id <> sheet.location_id OR line.stock_id <> ALL (sheet.chosen)
        """,
    ),
    Rule(
        code="INV2",
        promise="A count is told when its day has come, again a week later, and stands open then.",
        violations="""
            SELECT count(*) FROM inventory_countnotice n
            WHERE n.at < n.due_at + CASE n.stage
                    WHEN 'overdue' THEN interval '7 days' ELSE interval '0 days' END
               OR NOT EXISTS (
                    SELECT 1 FROM inventory_countsheet sheet
                    WHERE sheet.location_id = n.location_id
                        AND sheet.started_at < n.at + interval '1 hour'
                        AND (sheet.ended_at IS NULL OR sheet.ended_at >= n.at)
               )
        """,
    ),
    Rule(
        code="INV3",
        promise="A hold ends as its order does: sold when confirmed, given back when canceled.",
        violations="""
            SELECT count(*) FROM inventory_reservation r JOIN orders_order o ON o.token = r.holder
            WHERE (o.state = 'confirmed' AND r.state = 'active')
               OR (o.state = 'canceled' AND r.state = 'active')
               OR (o.state = 'canceled' AND o.confirmed_at IS NULL AND r.state = 'claimed')
               OR (o.state = 'pending' AND r.state = 'claimed')
        """,
    ),
    Rule(
        code="INV3",
        promise="What an order took over was held by the checkout of its own cart.",
        violations="""
            SELECT count(*)
            FROM inventory_reservation r LEFT JOIN orders_order o ON o.token = r.holder
            WHERE (r.taken_from <> '' OR r.taken_at IS NOT NULL)
                AND (r.taken_at IS NULL OR r.taken_from IS DISTINCT FROM 'checkout:' || o.cart_id)
        """,
    ),
    Rule(
        code="INV4",
        promise="An order is held or sold as a whole.",
        violations="""
            WITH held AS (
                SELECT r.holder, s.variant_id, r.state, sum(r.quantity) AS quantity
                FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
                WHERE r.state IN ('active', 'claimed')
                GROUP BY r.holder, s.variant_id, r.state
            ), wanted AS (
                SELECT o.token, o.confirmed_at IS NOT NULL AS sold, l.variant_id,
                    sum(l.quantity) AS quantity
                FROM orders_order o
                JOIN orders_sellerorder p ON p.order_id = o.id
                JOIN orders_orderline l ON l.seller_order_id = p.id
                WHERE EXISTS (SELECT 1 FROM held WHERE held.holder = o.token)
                GROUP BY o.id, o.token, l.variant_id
            )
            SELECT count(*) FROM wanted LEFT JOIN held
                ON held.holder = wanted.token AND held.variant_id = wanted.variant_id
                AND held.state = CASE WHEN wanted.sold THEN 'claimed' ELSE 'active' END
            WHERE held.quantity IS DISTINCT FROM wanted.quantity
        """,
    ),
    Rule(
        code="INV4",
        promise="What is held or sold lies where the shopper chose to get it.",
        violations="""
            SELECT count(DISTINCT r.id)
            FROM orders_order o
            JOIN orders_sellerorder p ON p.order_id = o.id
            JOIN orders_orderline l ON l.seller_order_id = p.id
            JOIN inventory_reservation r ON r.holder = o.token
            JOIN inventory_stock s ON s.id = r.stock_id AND s.variant_id = l.variant_id
            WHERE r.state IN ('active', 'claimed')
                AND s.location_id <> (p.shipping_method->>'location_id')::bigint
        """,
    ),
    Rule(
        code="INV5",
        promise="No hold outlives its kind, and none its deadline by more than five minutes.",
        violations="""
            SELECT count(*) FROM inventory_reservation
            WHERE expires_at > coalesce(taken_at, created_at) + CASE kind
                    WHEN 'slow' THEN interval '14 days' ELSE interval '60 minutes' END
               OR (state = 'active' AND expires_at < clock_timestamp() - interval '5 minutes')
        """,
    ),
    Rule(
        code="INV5",
        promise="A cart is held once an hour for its checkout, and its deadline never moves.",
        violations="""
            SELECT count(*) FROM inventory_reservation r
            WHERE r.holder LIKE 'checkout:%' AND EXISTS (
                SELECT 1 FROM inventory_reservation e
                WHERE e.holder = r.holder AND e.created_at <= r.created_at
                    AND e.created_at > r.created_at - interval '60 minutes'
                    AND e.expires_at < r.expires_at
            )
        """,
    ),
    Rule(
        code="INV5",
        promise="No principal holds more of a SKU than the share its seller stated.",
        violations="""
            SELECT count(*) FROM (
                SELECT r.principal, s.variant_id
                FROM inventory_reservation r
                JOIN inventory_stock s ON s.id = r.stock_id
                JOIN inventory_skupolicy p ON p.variant_id = s.variant_id
                WHERE r.state = 'active' AND r.principal <> ''
                GROUP BY r.principal, s.variant_id
                HAVING count(*) > 1 AND sum(r.quantity) > max(p.shopper_cap)
            ) AS greedy
        """,
    ),
]
