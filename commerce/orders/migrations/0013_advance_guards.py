"""Goodwill is settled with what comes back later, once and never more than was given."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION orders_adjustment_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_adjustment'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'adjustment_id')::bigint END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_adjustment a
        JOIN orders_sellerorder p ON p.id = a.seller_order_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS lines, coalesce(sum(l.goods_minor), 0) AS goods,
                coalesce(sum(l.tax_minor), 0) AS tax,
                coalesce(sum(l.included_tax_minor), 0) AS included,
                coalesce(sum(l.commission_minor), 0) AS commission,
                coalesce(sum(l.platform_minor), 0) AS platform,
                bool_or(o.seller_order_id <> a.seller_order_id) AS foreign_line
            FROM orders_adjustmentline l JOIN orders_orderline o ON o.id = l.order_line_id
            WHERE l.adjustment_id = a.id
        ) AS of_lines
        CROSS JOIN LATERAL (
            SELECT p.included_tax_minor - sum(included_tax_minor) AS included,
                p.platform_discount_minor - sum(platform_discount_minor) AS platform
            FROM orders_orderline WHERE seller_order_id = p.id
        ) AS of_shipping
        CROSS JOIN LATERAL (
            SELECT sum(refund_minor) AS refund, sum(goodwill_minor) AS goodwill,
                coalesce(sum(borne_minor) FILTER (WHERE kind = 'goodwill'), 0) AS borne,
                sum(advanced_minor) AS advanced, sum(recovered_minor) AS recovered
            FROM orders_adjustment WHERE seller_order_id = p.id
        ) AS together
        WHERE a.id = subject AND (
            p.confirmed_at IS NULL
            OR (of_lines.lines = 0) <> (a.kind = 'goodwill')
            OR (a.goodwill_minor > 0) <> (a.kind = 'goodwill')
            OR of_lines.foreign_line
            OR a.goods_minor <> of_lines.goods
            OR a.commission_minor <> of_lines.commission
            OR a.shipping_minor <> CASE WHEN a.with_shipping
                THEN p.shipping_minor - p.shipping_discount_minor ELSE 0 END
            OR a.tax_minor <> of_lines.tax
                + CASE WHEN a.with_shipping THEN p.shipping_tax_minor ELSE 0 END
            OR a.included_tax_minor <> of_lines.included
                + CASE WHEN a.with_shipping THEN of_shipping.included ELSE 0 END
            OR a.platform_minor <> of_lines.platform
                + CASE WHEN a.with_shipping THEN of_shipping.platform ELSE 0 END
            OR together.refund > p.total_minor
            OR (a.kind = 'goodwill' AND a.advanced_minor > 0)
            OR together.advanced > together.goodwill
            OR together.recovered > together.borne
        )
    ) THEN
        RAISE EXCEPTION 'adjustment % does not add up', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION orders_adjustment_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_adjustment'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'adjustment_id')::bigint END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_adjustment a
        JOIN orders_sellerorder p ON p.id = a.seller_order_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS lines, coalesce(sum(l.goods_minor), 0) AS goods,
                coalesce(sum(l.tax_minor), 0) AS tax,
                coalesce(sum(l.included_tax_minor), 0) AS included,
                coalesce(sum(l.commission_minor), 0) AS commission,
                coalesce(sum(l.platform_minor), 0) AS platform,
                bool_or(o.seller_order_id <> a.seller_order_id) AS foreign_line
            FROM orders_adjustmentline l JOIN orders_orderline o ON o.id = l.order_line_id
            WHERE l.adjustment_id = a.id
        ) AS of_lines
        CROSS JOIN LATERAL (
            SELECT p.included_tax_minor - sum(included_tax_minor) AS included,
                p.platform_discount_minor - sum(platform_discount_minor) AS platform
            FROM orders_orderline WHERE seller_order_id = p.id
        ) AS of_shipping
        CROSS JOIN LATERAL (
            SELECT sum(refund_minor) AS refund FROM orders_adjustment WHERE seller_order_id = p.id
        ) AS together
        WHERE a.id = subject AND (
            p.confirmed_at IS NULL
            OR (of_lines.lines = 0) <> (a.kind = 'goodwill')
            OR (a.goodwill_minor > 0) <> (a.kind = 'goodwill')
            OR of_lines.foreign_line
            OR a.goods_minor <> of_lines.goods
            OR a.commission_minor <> of_lines.commission
            OR a.shipping_minor <> CASE WHEN a.with_shipping
                THEN p.shipping_minor - p.shipping_discount_minor ELSE 0 END
            OR a.tax_minor <> of_lines.tax
                + CASE WHEN a.with_shipping THEN p.shipping_tax_minor ELSE 0 END
            OR a.included_tax_minor <> of_lines.included
                + CASE WHEN a.with_shipping THEN of_shipping.included ELSE 0 END
            OR a.platform_minor <> of_lines.platform
                + CASE WHEN a.with_shipping THEN of_shipping.platform ELSE 0 END
            OR together.refund > p.total_minor
        )
    ) THEN
        RAISE EXCEPTION 'adjustment % does not add up', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_advances")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
