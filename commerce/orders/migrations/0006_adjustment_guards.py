"""What is given back is an exact share, once, never more than was paid; moves keep their cause."""

from django.db import migrations

ADJUSTING = """
INSERT INTO orders_move VALUES ('seller_order', 'shipped', 'returned');

-- Of an amount split over equal units by largest remainder, what some units in a row hold.
CREATE FUNCTION orders_units_share(whole bigint, units integer, after integer, count integer)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (after + count) * (whole / units) + least(after + count, whole % units)
        - after * (whole / units) - least(after, whole % units)
$$;

CREATE FUNCTION orders_adjusts_exactly() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line orders_orderline;
BEGIN
    UPDATE orders_orderline SET refunded_quantity = refunded_quantity + NEW.quantity
    WHERE id = NEW.order_line_id AND refunded_quantity = NEW.after_quantity
    RETURNING * INTO line;
    IF line.id IS NULL THEN
        RAISE EXCEPTION 'units of line % were given back before', NEW.order_line_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.goods_minor, NEW.tax_minor, NEW.included_tax_minor, NEW.commission_minor, NEW.platform_minor)
        IS DISTINCT FROM (
            orders_units_share(line.total_minor - line.discount_minor, line.quantity, NEW.after_quantity, NEW.quantity),
            orders_units_share(line.tax_minor, line.quantity, NEW.after_quantity, NEW.quantity),
            orders_units_share(line.included_tax_minor, line.quantity, NEW.after_quantity, NEW.quantity),
            orders_units_share(line.commission_minor, line.quantity, NEW.after_quantity, NEW.quantity),
            orders_units_share(line.platform_discount_minor, line.quantity, NEW.after_quantity, NEW.quantity)
        )
    THEN
        RAISE EXCEPTION 'adjustment of line %: not its share', line.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjusts_exactly BEFORE INSERT ON orders_adjustmentline
    FOR EACH ROW EXECUTE FUNCTION orders_adjusts_exactly();

CREATE FUNCTION orders_adjustment_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER adjustment_adds_up AFTER INSERT ON orders_adjustment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_adjustment_adds_up();
CREATE CONSTRAINT TRIGGER adjustment_adds_up AFTER INSERT ON orders_adjustmentline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_adjustment_adds_up();

CREATE TRIGGER adjustment_append_only BEFORE UPDATE OR DELETE ON orders_adjustment
    FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER adjustment_line_append_only BEFORE UPDATE OR DELETE ON orders_adjustmentline
    FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER adjustments_kept_all BEFORE TRUNCATE ON orders_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();
CREATE TRIGGER adjustment_lines_kept_all BEFORE TRUNCATE ON orders_adjustmentline
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();

-- What left the house, came back or was canceled stays counted.
CREATE FUNCTION orders_counts_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.shipped_quantity < OLD.shipped_quantity OR NEW.canceled_quantity < OLD.canceled_quantity
        OR NEW.returned_quantity < OLD.returned_quantity OR NEW.lost_quantity < OLD.lost_quantity
        OR NEW.refunded_quantity < OLD.refunded_quantity
    THEN
        RAISE EXCEPTION 'line %: what was counted stays counted', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER line_counts_grow
    AFTER UPDATE OF shipped_quantity, canceled_quantity, returned_quantity, lost_quantity, refunded_quantity
    ON orders_orderline FOR EACH ROW EXECUTE FUNCTION orders_counts_grow();
"""

NOT_ADJUSTING = """
DROP TRIGGER line_counts_grow ON orders_orderline;
DROP TRIGGER adjustment_lines_kept_all ON orders_adjustmentline;
DROP TRIGGER adjustments_kept_all ON orders_adjustment;
DROP TRIGGER adjustment_line_append_only ON orders_adjustmentline;
DROP TRIGGER adjustment_append_only ON orders_adjustment;
DROP TRIGGER adjustment_adds_up ON orders_adjustmentline;
DROP TRIGGER adjustment_adds_up ON orders_adjustment;
DROP TRIGGER adjusts_exactly ON orders_adjustmentline;
DROP FUNCTION orders_counts_grow();
DROP FUNCTION orders_adjustment_adds_up();
DROP FUNCTION orders_adjusts_exactly();
DROP FUNCTION orders_units_share(bigint, integer, integer, integer);
DELETE FROM orders_move WHERE (subject, from_state, to_state) = ('seller_order', 'shipped', 'returned');
"""

_MOVES = """
CREATE OR REPLACE FUNCTION orders_{subject}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := COALESCE(NULLIF(current_setting('stoa.actor', true), ''), 'system');
{declare}BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' OR NEW.version <> 0 THEN
            RAISE EXCEPTION '{article} {name} begins pending' USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, {column}at)
        VALUES ({ids}, 0, '', NEW.state, who, {value}clock_timestamp());
        RETURN NULL;
    END IF;
    IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
        IF NEW.version <> OLD.version THEN
            RAISE EXCEPTION '{name} %: only a move advances the version', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM orders_move
        WHERE subject = '{subject}' AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'illegal move of {name} %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION '{name} %: a move advances the version by one', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO orders_orderevent (order_id, seller_order_id, version, from_state, to_state, actor, {column}at)
    VALUES ({ids}, NEW.version, OLD.state, NEW.state, who, {value}clock_timestamp());
    RETURN NULL;
END $$;
"""


def _moves(*, with_cause: bool) -> str:
    cause = {
        "declare": "    why text := COALESCE(current_setting('stoa.cause', true), '');\n",
        "column": "cause, ",
        "value": "why, ",
    }
    told = cause if with_cause else dict.fromkeys(cause, "")
    return _MOVES.format(
        subject="order", article="an", name="order", ids="NEW.id, NULL", **told
    ) + _MOVES.format(
        subject="seller_order",
        article="a",
        name="seller order",
        ids="NEW.order_id, NEW.id",
        **told,
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_adjustments")]
    operations = [
        migrations.RunSQL(ADJUSTING, NOT_ADJUSTING),
        migrations.RunSQL(_moves(with_cause=True), _moves(with_cause=False)),
    ]
