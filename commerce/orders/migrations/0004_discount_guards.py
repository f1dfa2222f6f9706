"""Discounts add up, credit lessens what must be captured, and neither changes once agreed."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION orders_parts_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_order'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'order_id')::bigint END;
    wrong boolean;
BEGIN
    SELECT count(p.id) = 0
        OR sum(p.goods_minor) IS DISTINCT FROM o.goods_minor
        OR sum(p.discount_minor) IS DISTINCT FROM o.discount_minor
        OR sum(p.shipping_minor) IS DISTINCT FROM o.shipping_minor
        OR sum(p.shipping_discount_minor) IS DISTINCT FROM o.shipping_discount_minor
        OR sum(p.tax_minor) IS DISTINCT FROM o.tax_minor
        OR sum(p.included_tax_minor) IS DISTINCT FROM o.included_tax_minor
        OR sum(p.total_minor) IS DISTINCT FROM o.total_minor
    INTO wrong
    FROM orders_order o LEFT JOIN orders_sellerorder p ON p.order_id = o.id
    WHERE o.id = subject GROUP BY o.id;
    IF wrong THEN
        RAISE EXCEPTION 'order % is not the sum of its parts', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION orders_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_sellerorder'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'seller_order_id')::bigint END;
    wrong boolean;
BEGIN
    SELECT count(l.id) = 0
        OR sum(l.total_minor) IS DISTINCT FROM p.goods_minor
        OR sum(l.discount_minor) IS DISTINCT FROM p.discount_minor
        OR sum(l.platform_discount_minor) > p.platform_discount_minor
        OR p.platform_discount_minor - sum(l.platform_discount_minor) > p.shipping_discount_minor
        OR sum(l.included_tax_minor) > p.included_tax_minor
        OR sum(l.tax_minor) + p.shipping_tax_minor IS DISTINCT FROM p.tax_minor
        OR sum(l.commission_minor) IS DISTINCT FROM p.commission_minor
    INTO wrong
    FROM orders_sellerorder p LEFT JOIN orders_orderline l ON l.seller_order_id = p.id
    WHERE p.id = subject GROUP BY p.id;
    IF wrong THEN
        RAISE EXCEPTION 'seller order % is not the sum of its lines', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION orders_confirmed_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_order o
        WHERE o.id = NEW.id AND o.state = 'confirmed' AND o.total_minor > o.credit_minor AND NOT EXISTS (
            SELECT 1 FROM payments_payment p
            WHERE p.order_token = o.token AND p.state = 'captured'
              AND p.captured_minor = o.total_minor - o.credit_minor AND p.currency = o.currency
        )
    ) THEN
        RAISE EXCEPTION 'order % is not paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER order_agreed ON orders_order;
DROP TRIGGER seller_order_agreed ON orders_sellerorder;
DROP TRIGGER line_agreed ON orders_orderline;
CREATE TRIGGER order_agreed
    BEFORE UPDATE OF token, number, cart_id, currency, goods_minor, discount_minor, shipping_minor,
        shipping_discount_minor, tax_minor, included_tax_minor, total_minor, credit_minor, placed_at
    ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER seller_order_agreed
    BEFORE UPDATE OF order_id, seller_id, number, goods_minor, discount_minor, shipping_minor,
        shipping_discount_minor, platform_discount_minor, tax_minor, shipping_tax_minor,
        included_tax_minor, total_minor, shipping_method, commission_minor
    ON orders_sellerorder FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER line_agreed
    BEFORE UPDATE OF seller_order_id, variant_id, title, sku, options, image, path, quantity,
        unit_minor, total_minor, discount_minor, platform_discount_minor, tax_minor,
        included_tax_minor, tax_rate_bps, tax_name, commission_bps, commission_minor, adjustments,
        explanation
    ON orders_orderline FOR EACH ROW EXECUTE FUNCTION orders_agreed();
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION orders_parts_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_order'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'order_id')::bigint END;
    wrong boolean;
BEGIN
    SELECT count(p.id) = 0
        OR sum(p.goods_minor) IS DISTINCT FROM o.goods_minor
        OR sum(p.shipping_minor) IS DISTINCT FROM o.shipping_minor
        OR sum(p.tax_minor) IS DISTINCT FROM o.tax_minor
        OR sum(p.total_minor) IS DISTINCT FROM o.total_minor
    INTO wrong
    FROM orders_order o LEFT JOIN orders_sellerorder p ON p.order_id = o.id
    WHERE o.id = subject GROUP BY o.id;
    IF wrong THEN
        RAISE EXCEPTION 'order % is not the sum of its parts', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION orders_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_sellerorder'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'seller_order_id')::bigint END;
    wrong boolean;
BEGIN
    SELECT count(l.id) = 0
        OR sum(l.total_minor) IS DISTINCT FROM p.goods_minor
        OR sum(l.tax_minor) + p.shipping_tax_minor IS DISTINCT FROM p.tax_minor
        OR sum(l.commission_minor) IS DISTINCT FROM p.commission_minor
    INTO wrong
    FROM orders_sellerorder p LEFT JOIN orders_orderline l ON l.seller_order_id = p.id
    WHERE p.id = subject GROUP BY p.id;
    IF wrong THEN
        RAISE EXCEPTION 'seller order % is not the sum of its lines', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION orders_confirmed_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_order o
        WHERE o.id = NEW.id AND o.state = 'confirmed' AND o.total_minor > 0 AND NOT EXISTS (
            SELECT 1 FROM payments_payment p
            WHERE p.order_token = o.token AND p.state = 'captured'
              AND p.captured_minor = o.total_minor AND p.currency = o.currency
        )
    ) THEN
        RAISE EXCEPTION 'order % is not paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER order_agreed ON orders_order;
DROP TRIGGER seller_order_agreed ON orders_sellerorder;
DROP TRIGGER line_agreed ON orders_orderline;
CREATE TRIGGER order_agreed
    BEFORE UPDATE OF token, number, cart_id, currency, goods_minor, shipping_minor, tax_minor,
        total_minor, placed_at
    ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER seller_order_agreed
    BEFORE UPDATE OF order_id, seller_id, number, goods_minor, shipping_minor, tax_minor,
        shipping_tax_minor, total_minor, shipping_method, commission_minor
    ON orders_sellerorder FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER line_agreed
    BEFORE UPDATE OF seller_order_id, variant_id, title, sku, options, image, path, quantity,
        unit_minor, total_minor, tax_minor, tax_rate_bps, tax_name, commission_bps, commission_minor
    ON orders_orderline FOR EACH ROW EXECUTE FUNCTION orders_agreed();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_discounts_and_credit")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
