"""Rules of invoices, credit notes and receipts: numbers, words and sums."""

from .types import Rule

DOCUMENT_RULES = [
    Rule(
        code="INV13",
        promise="Documents say what they said when they were issued.",
        violations="""
            SELECT count(*) FROM documents_document
            WHERE digest <> encode(sha256(convert_to(content::text, 'UTF8')), 'hex')
               OR (parties IS NOT NULL AND parties_digest
                    <> encode(sha256(convert_to(parties::text, 'UTF8')), 'hex'))
               OR (content ->> 'total_minor')::bigint <> total_minor
               OR (content ->> 'tax_minor')::bigint <> tax_minor
               OR content ->> 'currency' <> currency
        """,
    ),
    Rule(
        code="INV13",
        promise="A document's lines and its tax rows add up to its totals.",
        violations="""
            SELECT count(*) FROM documents_document d
            CROSS JOIN LATERAL (
                SELECT sum((r ->> 'net_minor')::bigint) AS net,
                    sum((r ->> 'tax_minor')::bigint) AS tax
                FROM jsonb_array_elements(d.content -> 'rows') r
            ) AS rows
            CROSS JOIN LATERAL (
                SELECT sum((t ->> 'net_minor')::bigint) AS net,
                    sum((t ->> 'tax_minor')::bigint) AS tax
                FROM jsonb_array_elements(d.content -> 'taxes') t
            ) AS taxes
            WHERE rows.net + rows.tax <> d.total_minor OR rows.tax <> d.tax_minor
               OR taxes.net <> rows.net OR taxes.tax <> rows.tax
        """,
    ),
    Rule(
        code="INV14",
        promise="Invoice numbers of a seller and year run from 1 without gap or double.",
        violations="""
            SELECT (
                SELECT coalesce(sum(missing), 0) FROM (
                    SELECT c.last - count(DISTINCT d.serial) FILTER (
                        WHERE d.serial BETWEEN 1 AND c.last
                    ) AS missing
                    FROM documents_counter c LEFT JOIN documents_document d
                        ON d.seller_id = c.seller_id AND d.kind = c.kind AND d.year = c.year
                    GROUP BY c.id
                ) AS gaps
            ) + (
                SELECT coalesce(sum(doubles - 1), 0) FROM (
                    SELECT count(*) AS doubles FROM documents_document WHERE serial IS NOT NULL
                    GROUP BY seller_id, kind, year, serial HAVING count(*) > 1
                ) AS doubled
            ) + (
                SELECT count(*) FROM documents_document d
                WHERE d.serial IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM documents_counter c
                    WHERE c.seller_id = d.seller_id AND c.kind = d.kind AND c.year = d.year
                      AND d.serial BETWEEN 1 AND c.last
                )
            )
        """,
    ),
    Rule(
        code="INV14",
        promise="What left the house was billed within an hour, and what was paid has a receipt.",
        violations="""
            SELECT (
                SELECT count(*) FROM orders_sellerorder p
                WHERE EXISTS (
                    SELECT 1 FROM fulfillment_shipment s
                    JOIN outbox_event e ON e.name = 'fulfillment.shipment-shipped.v1'
                        AND (e.payload ->> 'shipment_id')::bigint = s.id
                    JOIN outbox_delivery x ON x.event_id = e.id
                        AND x.subscriber = 'commerce.documents.subscribers.invoice'
                    WHERE s.seller_order_id = p.id
                      AND e.occurred_at < clock_timestamp() - interval '1 hour'
                ) AND NOT EXISTS (
                    SELECT 1 FROM documents_document d
                    WHERE d.seller_order_id = p.id AND d.kind = 'invoice'
                )
            ) + (
                SELECT count(*) FROM outbox_event e
                JOIN outbox_delivery x ON x.event_id = e.id
                    AND x.subscriber = 'commerce.documents.subscribers.receipt'
                WHERE e.name = 'orders.order-confirmed.v1'
                  AND e.occurred_at < clock_timestamp() - interval '1 hour'
                  AND NOT EXISTS (
                    SELECT 1 FROM orders_order o WHERE o.id = (e.payload ->> 'order_id')::bigint
                      AND (o.awaits_capture OR o.charged_at > clock_timestamp() - interval '1 hour'
                        OR o.charged_at IS NULL AND orders_uncharged(o.id) > 0)
                  )
                  AND NOT EXISTS (
                    SELECT 1 FROM documents_document d
                    WHERE d.kind = 'receipt' AND d.order_id = (e.payload ->> 'order_id')::bigint
                )
            )
        """,
    ),
    Rule(
        code="INV15",
        promise="Billed less credited is what was agreed less what was given back of it.",
        violations="""
            SELECT count(*) FROM documents_document i
            JOIN orders_sellerorder p ON p.id = i.seller_order_id
            WHERE i.kind = 'invoice' AND i.total_minor <> p.total_minor - (
                SELECT coalesce(sum(a.goods_minor + a.shipping_minor + a.tax_minor), 0)
                FROM orders_adjustment a
                WHERE a.seller_order_id = p.id AND NOT EXISTS (
                    SELECT 1 FROM documents_document c
                    WHERE c.business_key = 'credit:' || a.business_key
                ) AND (
                    a.at < i.issued_at OR a.at < clock_timestamp() - interval '1 hour'
                )
            ) + (
                SELECT coalesce(sum(abs(
                    c.total_minor - a.goods_minor - a.shipping_minor - a.tax_minor
                )), 0)
                FROM documents_document c
                JOIN orders_adjustment a ON c.business_key = 'credit:' || a.business_key
                WHERE c.corrects_id = i.id
            )
        """,
    ),
    Rule(
        code="INV24",
        promise="No document crosses from one seller to another.",
        violations="""
            SELECT count(*) FROM documents_document d
            LEFT JOIN orders_sellerorder p ON p.id = d.seller_order_id
            LEFT JOIN documents_document i ON i.id = d.corrects_id
            WHERE (d.kind <> 'receipt' AND (p.seller_id <> d.seller_id OR p.order_id <> d.order_id))
               OR (d.corrects_id IS NOT NULL AND (
                    i.seller_order_id <> d.seller_order_id OR i.kind <> 'invoice'))
        """,
    ),
]
