"""Moves along the graph with one event each; amounts fixed; sums exact; confirmed means paid."""

from django.db import migrations

FORWARD = """
CREATE TABLE orders_move (
    subject varchar(12) NOT NULL,
    from_state varchar(10) NOT NULL,
    to_state varchar(10) NOT NULL,
    PRIMARY KEY (subject, from_state, to_state)
);
INSERT INTO orders_move VALUES
    ('order', 'pending', 'confirmed'), ('order', 'pending', 'canceled'),
    ('order', 'confirmed', 'canceled'),
    ('seller_order', 'pending', 'confirmed'), ('seller_order', 'pending', 'canceled'),
    ('seller_order', 'confirmed', 'processing'), ('seller_order', 'confirmed', 'shipped'),
    ('seller_order', 'confirmed', 'canceled'),
    ('seller_order', 'processing', 'shipped'), ('seller_order', 'processing', 'canceled'),
    ('seller_order', 'shipped', 'delivered'), ('seller_order', 'delivered', 'returned');

-- Every order begins pending with version 0; each move adds one and leaves one event.
CREATE FUNCTION orders_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := COALESCE(NULLIF(current_setting('stoa.actor', true), ''), 'system');
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' OR NEW.version <> 0 THEN
            RAISE EXCEPTION 'an order begins pending' USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, at)
        VALUES (NEW.id, NULL, 0, '', NEW.state, who, clock_timestamp());
        RETURN NULL;
    END IF;
    IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
        IF NEW.version <> OLD.version THEN
            RAISE EXCEPTION 'order %: only a move advances the version', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM orders_move
        WHERE subject = 'order' AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'illegal move of order %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'order %: a move advances the version by one', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, at)
    VALUES (NEW.id, NULL, NEW.version, OLD.state, NEW.state, who, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER order_moves AFTER INSERT OR UPDATE OF state, version ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_order_moves();

CREATE FUNCTION orders_seller_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := COALESCE(NULLIF(current_setting('stoa.actor', true), ''), 'system');
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' OR NEW.version <> 0 THEN
            RAISE EXCEPTION 'a seller order begins pending' USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, at)
        VALUES (NEW.order_id, NEW.id, 0, '', NEW.state, who, clock_timestamp());
        RETURN NULL;
    END IF;
    IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
        IF NEW.version <> OLD.version THEN
            RAISE EXCEPTION 'seller order %: only a move advances the version', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM orders_move
        WHERE subject = 'seller_order' AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'illegal move of seller order %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'seller order %: a move advances the version by one', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, at)
    VALUES (NEW.order_id, NEW.id, NEW.version, OLD.state, NEW.state, who, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER seller_order_moves AFTER INSERT OR UPDATE OF state, version ON orders_sellerorder
    FOR EACH ROW EXECUTE FUNCTION orders_seller_order_moves();

-- What was agreed when the order was placed never changes.
CREATE FUNCTION orders_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: what was agreed is fixed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER order_agreed
    BEFORE UPDATE OF token, number, cart_id, currency, goods_minor, shipping_minor, tax_minor, total_minor, placed_at
    ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER seller_order_agreed
    BEFORE UPDATE OF order_id, seller_id, number, goods_minor, shipping_minor, tax_minor, shipping_tax_minor,
        total_minor, shipping_method, commission_minor
    ON orders_sellerorder FOR EACH ROW EXECUTE FUNCTION orders_agreed();
CREATE TRIGGER line_agreed
    BEFORE UPDATE OF seller_order_id, variant_id, title, sku, options, image, path, quantity, unit_minor,
        total_minor, tax_minor, tax_rate_bps, tax_name, commission_bps, commission_minor
    ON orders_orderline FOR EACH ROW EXECUTE FUNCTION orders_agreed();

CREATE FUNCTION orders_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is kept for ever', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER order_kept BEFORE DELETE ON orders_order FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER seller_order_kept BEFORE DELETE ON orders_sellerorder FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER line_kept BEFORE DELETE ON orders_orderline FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON orders_orderevent
    FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER orders_kept_all BEFORE TRUNCATE ON orders_order
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();
CREATE TRIGGER seller_orders_kept_all BEFORE TRUNCATE ON orders_sellerorder
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();
CREATE TRIGGER lines_kept_all BEFORE TRUNCATE ON orders_orderline
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();
CREATE TRIGGER events_kept_all BEFORE TRUNCATE ON orders_orderevent
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();

-- Parts and lines add up to the order, looked at when the transaction commits.
CREATE FUNCTION orders_parts_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER parts_add_up AFTER INSERT ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_parts_add_up();
CREATE CONSTRAINT TRIGGER parts_add_up AFTER INSERT ON orders_sellerorder
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_parts_add_up();

CREATE FUNCTION orders_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER lines_add_up AFTER INSERT ON orders_sellerorder
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_lines_add_up();
CREATE CONSTRAINT TRIGGER lines_add_up AFTER INSERT ON orders_orderline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_lines_add_up();

-- A confirmed order has its exact total captured, unless there is nothing to pay.
CREATE FUNCTION orders_confirmed_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER confirmed_is_paid AFTER INSERT OR UPDATE OF state ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_confirmed_is_paid();

-- A seller's part waits, lives and ends with its order.
CREATE FUNCTION orders_part_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'orders_order'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'order_id')::bigint END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_sellerorder part JOIN orders_order o ON o.id = part.order_id
        WHERE o.id = subject AND (
            (part.state = 'pending') <> (o.state = 'pending')
            OR (o.state = 'canceled' AND part.state <> 'canceled')
        )
    ) THEN
        RAISE EXCEPTION 'order % and its parts disagree', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER part_follows AFTER INSERT OR UPDATE OF state ON orders_sellerorder
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_part_follows();
CREATE CONSTRAINT TRIGGER part_follows AFTER UPDATE OF state ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_part_follows();
"""

BACKWARD = """
DROP TRIGGER part_follows ON orders_order;
DROP TRIGGER part_follows ON orders_sellerorder;
DROP TRIGGER confirmed_is_paid ON orders_order;
DROP TRIGGER lines_add_up ON orders_orderline;
DROP TRIGGER lines_add_up ON orders_sellerorder;
DROP TRIGGER parts_add_up ON orders_sellerorder;
DROP TRIGGER parts_add_up ON orders_order;
DROP TRIGGER events_kept_all ON orders_orderevent;
DROP TRIGGER lines_kept_all ON orders_orderline;
DROP TRIGGER seller_orders_kept_all ON orders_sellerorder;
DROP TRIGGER orders_kept_all ON orders_order;
DROP TRIGGER event_append_only ON orders_orderevent;
DROP TRIGGER line_kept ON orders_orderline;
DROP TRIGGER seller_order_kept ON orders_sellerorder;
DROP TRIGGER order_kept ON orders_order;
DROP TRIGGER line_agreed ON orders_orderline;
DROP TRIGGER seller_order_agreed ON orders_sellerorder;
DROP TRIGGER order_agreed ON orders_order;
DROP TRIGGER seller_order_moves ON orders_sellerorder;
DROP TRIGGER order_moves ON orders_order;
DROP FUNCTION orders_part_follows();
DROP FUNCTION orders_confirmed_is_paid();
DROP FUNCTION orders_lines_add_up();
DROP FUNCTION orders_parts_add_up();
DROP FUNCTION orders_kept();
DROP FUNCTION orders_agreed();
DROP FUNCTION orders_seller_order_moves();
DROP FUNCTION orders_order_moves();
DROP TABLE orders_move;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("payments", "0003_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
