"""Rules of labels and of what carriers say of parcels."""

from .types import Rule

SHIPPING_RULES = [
    Rule(
        code="INV18",
        promise="A parcel carries a bought label of its own order, and what the label is for.",
        violations="""
            SELECT (
                SELECT count(*) FROM fulfillment_shipment s
                JOIN fulfillment_label b ON b.id = s.label_id
                WHERE b.state <> 'bought' OR b.seller_order_id <> s.seller_order_id
                   OR b.tracking_number <> s.tracking_number
            ) + (
                SELECT count(*) FROM fulfillment_shipment s
                JOIN fulfillment_labelline l ON l.label_id = s.label_id
                LEFT JOIN fulfillment_shipmentline p
                    ON p.shipment_id = s.id AND p.order_line_id = l.order_line_id
                WHERE p.quantity IS DISTINCT FROM l.quantity
            ) + (
                SELECT count(*) - count(DISTINCT label_id) FROM fulfillment_shipment
                WHERE label_id IS NOT NULL
            )
        """,
    ),
    Rule(
        code="INV18",
        promise="A parcel that its carrier delivered is delivered, within the hour.",
        violations="""
            SELECT count(*) FROM fulfillment_shipment s
            WHERE s.state IN ('shipped', 'lost') AND EXISTS (
                SELECT 1 FROM fulfillment_trackingevent e
                WHERE e.shipment_id = s.id AND e.status = 'delivered'
                  AND e.recorded_at < clock_timestamp() - interval '1 hour'
            )
        """,
    ),
    Rule(
        code="INV20",
        promise="Labels are for no more units than were left to ship.",
        violations="""
            SELECT count(*) FROM (
                SELECT o.id FROM fulfillment_labelline l
                JOIN fulfillment_label b ON b.id = l.label_id
                JOIN orders_orderline o ON o.id = l.order_line_id
                WHERE b.state IN ('asked', 'bought', 'voiding')
                  AND NOT EXISTS (SELECT 1 FROM fulfillment_shipment s WHERE s.label_id = b.id)
                GROUP BY o.id
                HAVING sum(l.quantity) > o.quantity - o.shipped_quantity
            ) AS lines
        """,
    ),
    Rule(
        code="INV12",
        promise="Every label's cost is booked to its payer once, and back when it was given back.",
        violations="""
            SELECT (
                SELECT count(*) FROM fulfillment_label b
                WHERE b.cost_minor > 0 AND b.cost_minor IS DISTINCT FROM (
                    SELECT sum(x.amount_minor) FROM ledger_journal j
                    JOIN ledger_entry x ON x.journal_id = j.id
                    JOIN ledger_account a ON a.id = x.account_id
                    WHERE j.business_key = 'label:' || b.id
                      AND a.currency = b.currency AND a.code = CASE b.payer
                        WHEN 'marketplace' THEN 'return-labels'
                        ELSE 'payable:' || b.seller_id END
                )
            ) + (
                SELECT count(*) FROM fulfillment_label b
                WHERE b.state = 'voided' AND b.cost_minor > 0
                  AND -b.cost_minor IS DISTINCT FROM (
                    SELECT sum(x.amount_minor) FROM ledger_journal j
                    JOIN ledger_entry x ON x.journal_id = j.id
                    JOIN ledger_account a ON a.id = x.account_id
                    WHERE j.business_key = 'label-void:' || b.id
                      AND a.currency = b.currency AND a.code = CASE b.payer
                        WHEN 'marketplace' THEN 'return-labels'
                        ELSE 'payable:' || b.seller_id END
                )
            ) + (
                SELECT count(*) FROM fulfillment_label b
                WHERE b.cost_minor > 0 AND (b.state = 'voided') <> EXISTS (
                    SELECT 1 FROM ledger_journal j WHERE j.business_key = 'label-void:' || b.id
                )
            ) + (
                SELECT count(*) FROM ledger_journal j
                WHERE j.business_key LIKE 'label:%' AND NOT EXISTS (
                    SELECT 1 FROM fulfillment_label b
                    WHERE 'label:' || b.id = j.business_key AND b.cost_minor > 0
                )
            )
        """,
    ),
    Rule(
        code="INV24",
        promise="No label crosses from one seller to another, nor does where parcels leave from.",
        violations="""
            SELECT (
                SELECT count(*) FROM fulfillment_label b
                JOIN orders_sellerorder p ON p.id = b.seller_order_id
                WHERE p.seller_id <> b.seller_id
            ) + (
                SELECT count(*) FROM fulfillment_shippingmethod m
                JOIN fulfillment_zone z ON z.id = m.zone_id WHERE z.seller_id <> m.seller_id
            ) + (
                SELECT count(*) FROM (
                    SELECT seller_id, location_id FROM fulfillment_shippingmethod
                    UNION ALL SELECT seller_id, location_id FROM fulfillment_label
                    UNION ALL SELECT seller_id, location_id FROM fulfillment_shipment
                ) AS leaving
                JOIN inventory_location l ON l.id = leaving.location_id
                WHERE l.seller_id <> leaving.seller_id
            )
        """,
    ),
    Rule(
        code="INV18",
        promise="A return's label brings back what its order sent, and leaves with no parcel.",
        violations="""
            SELECT (
                SELECT count(*) FROM returns_returnlabel r
                JOIN returns_case c ON c.id = r.case_id
                JOIN fulfillment_label b ON b.id = r.label_id
                WHERE NOT b.is_return OR b.seller_order_id <> c.seller_order_id
            ) + (
                SELECT count(*) FROM fulfillment_label b
                WHERE b.is_return AND (
                    EXISTS (SELECT 1 FROM fulfillment_labelline l WHERE l.label_id = b.id)
                    OR EXISTS (SELECT 1 FROM fulfillment_shipment s WHERE s.label_id = b.id)
                    OR NOT EXISTS (SELECT 1 FROM returns_returnlabel r WHERE r.label_id = b.id)
                )
            )
        """,
    ),
]
