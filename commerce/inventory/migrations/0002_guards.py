"""Guards of stock and holds, and the functions of the hot paths.

`reserved` is the work of triggers on reservations alone, every change of `on_hand`
leaves a movement, a hold ends once, history cannot be rewritten.
"""

import datetime

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

STOCK = """
CREATE FUNCTION inventory_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER stock_starts_unreserved BEFORE INSERT ON inventory_stock
    FOR EACH ROW WHEN (NEW.reserved <> 0)
    EXECUTE FUNCTION inventory_refuse('reserved is written by reservations alone');
CREATE TRIGGER stock_reserved_by_reservations BEFORE UPDATE ON inventory_stock
    FOR EACH ROW WHEN (NEW.reserved <> OLD.reserved AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION inventory_refuse('reserved is written by reservations alone');
CREATE TRIGGER stock_stays_put BEFORE UPDATE ON inventory_stock
    FOR EACH ROW WHEN (NEW.variant_id <> OLD.variant_id OR NEW.location_id <> OLD.location_id)
    EXECUTE FUNCTION inventory_refuse('variant and location never change');

CREATE FUNCTION inventory_write_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_stockmovement (stock_id, delta, on_hand, cause, actor)
    VALUES (
        NEW.id,
        NEW.on_hand - CASE TG_OP WHEN 'UPDATE' THEN OLD.on_hand ELSE 0 END,
        NEW.on_hand,
        coalesce(nullif(current_setting('stoa.cause', true), ''), 'unexplained'),
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system')
    );
    RETURN NULL;
END $$;
CREATE TRIGGER stock_first_movement AFTER INSERT ON inventory_stock
    FOR EACH ROW WHEN (NEW.on_hand <> 0) EXECUTE FUNCTION inventory_write_movement();
CREATE TRIGGER stock_movement AFTER UPDATE ON inventory_stock
    FOR EACH ROW WHEN (NEW.on_hand <> OLD.on_hand) EXECUTE FUNCTION inventory_write_movement();

CREATE FUNCTION inventory_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER movement_by_trigger BEFORE INSERT ON inventory_stockmovement
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION inventory_refuse('movements are written with the stock they explain');
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement
    FOR EACH ROW EXECUTE FUNCTION inventory_append_only();
CREATE TRIGGER movement_kept BEFORE TRUNCATE ON inventory_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_append_only();
"""

STOCK_BACK = """
DROP TRIGGER movement_kept ON inventory_stockmovement;
DROP TRIGGER movement_append_only ON inventory_stockmovement;
DROP TRIGGER movement_by_trigger ON inventory_stockmovement;
DROP TRIGGER stock_movement ON inventory_stock;
DROP TRIGGER stock_first_movement ON inventory_stock;
DROP TRIGGER stock_stays_put ON inventory_stock;
DROP TRIGGER stock_reserved_by_reservations ON inventory_stock;
DROP TRIGGER stock_starts_unreserved ON inventory_stock;
DROP FUNCTION inventory_write_movement();
DROP FUNCTION inventory_append_only();
DROP FUNCTION inventory_refuse();
"""

HOLDS = """
CREATE FUNCTION inventory_check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    complaint text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        complaint := CASE
            WHEN NEW.state <> 'active' THEN 'a hold starts active'
            WHEN NEW.created_at > clock_timestamp() THEN 'a hold starts now'
        END;
    ELSIF TG_OP = 'DELETE' THEN
        complaint := CASE
            WHEN OLD.state IN ('active', 'claimed') THEN 'a live hold cannot be deleted'
        END;
    ELSE
        complaint := CASE
            WHEN (NEW.stock_id, NEW.holder, NEW.quantity, NEW.created_at)
                IS DISTINCT FROM (OLD.stock_id, OLD.holder, OLD.quantity, OLD.created_at)
                THEN 'stock, holder, quantity and start of a hold never change'
            WHEN OLD.state <> 'active' AND NEW IS DISTINCT FROM OLD
                THEN 'hold ' || OLD.id || ' is final (' || OLD.state || ')'
            WHEN NEW.state = 'expired' AND OLD.expires_at > clock_timestamp()
                THEN 'hold ' || OLD.id || ' has not lapsed yet'
            WHEN NEW.expires_at <> OLD.expires_at AND (OLD.extended OR NOT NEW.extended)
                THEN 'a hold is extended once'
            WHEN OLD.extended AND NOT NEW.extended THEN 'a hold is extended once'
        END;
    END IF;
    IF complaint IS NOT NULL THEN
        RAISE EXCEPTION '%', complaint USING ERRCODE = 'check_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER hold_guard BEFORE INSERT OR UPDATE OR DELETE ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_check_hold();
CREATE TRIGGER hold_kept BEFORE TRUNCATE ON inventory_reservation
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_append_only();

CREATE FUNCTION inventory_move_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cause text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE inventory_stock SET reserved = reserved + NEW.quantity WHERE id = NEW.stock_id;
    ELSIF NEW.state = 'claimed' THEN
        cause := current_setting('stoa.cause', true);
        PERFORM set_config('stoa.cause', 'sale ' || NEW.holder, true);
        UPDATE inventory_stock
        SET on_hand = on_hand - NEW.quantity, reserved = reserved - NEW.quantity
        WHERE id = NEW.stock_id;
        PERFORM set_config('stoa.cause', coalesce(cause, ''), true);
    ELSE
        UPDATE inventory_stock SET reserved = reserved - NEW.quantity WHERE id = NEW.stock_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_takes_stock AFTER INSERT ON inventory_reservation
    FOR EACH ROW EXECUTE FUNCTION inventory_move_stock();
CREATE TRIGGER hold_ends AFTER UPDATE ON inventory_reservation
    FOR EACH ROW WHEN (OLD.state = 'active' AND NEW.state <> 'active')
    EXECUTE FUNCTION inventory_move_stock();
"""

HOLDS_BACK = """
DROP TRIGGER hold_ends ON inventory_reservation;
DROP TRIGGER hold_takes_stock ON inventory_reservation;
DROP TRIGGER hold_kept ON inventory_reservation;
DROP TRIGGER hold_guard ON inventory_reservation;
DROP FUNCTION inventory_move_stock();
DROP FUNCTION inventory_check_hold();
"""

# One trip to the database while the rows are locked. Outcomes: "short" with what is
# free (then nothing was written), "held" with what the holder has already, "emptied"
# for variants whose last free unit was taken.
RESERVE = """
CREATE FUNCTION inventory_reserve(
    p_holder text, p_variants bigint[], p_quantities int[], p_minutes int
) RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz := clock_timestamp();
    v_taken int := 0;
BEGIN
    -- Two sessions of one holder would each see no hold of the other.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_holder, 0));

    PERFORM 1 FROM inventory_reservation
    WHERE holder = p_holder AND state IN ('active', 'claimed')
    ORDER BY stock_id FOR UPDATE;
    IF FOUND THEN
        PERFORM 1 FROM inventory_stock
        WHERE variant_id = ANY (p_variants) OR id IN (
            SELECT stock_id FROM inventory_reservation
            WHERE holder = p_holder AND state = 'active' AND expires_at <= v_now
        )
        ORDER BY id FOR NO KEY UPDATE;
        UPDATE inventory_reservation SET state = 'expired'
        WHERE holder = p_holder AND state = 'active' AND expires_at <= v_now;
        RETURN QUERY
            SELECT 'held', s.variant_id, sum(r.quantity)
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE r.holder = p_holder AND r.state IN ('active', 'claimed')
            GROUP BY s.variant_id;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;

    LOOP
        WITH wanted AS (
            SELECT * FROM unnest(p_variants, p_quantities) AS w (variant_id, quantity)
        ), shelf AS MATERIALIZED (
            SELECT s.id, s.variant_id, s.location_id, s.on_hand - s.reserved AS free
            FROM inventory_stock s
            WHERE s.variant_id = ANY (p_variants)
            ORDER BY s.id
            FOR NO KEY UPDATE
        ), choice AS (
            SELECT
                shelf.*,
                w.quantity,
                min(shelf.location_id) FILTER (WHERE shelf.free >= w.quantity)
                    OVER (PARTITION BY shelf.variant_id) AS whole,
                sum(shelf.free) OVER (PARTITION BY shelf.variant_id) AS all_free,
                sum(shelf.free) OVER (
                    PARTITION BY shelf.variant_id ORDER BY shelf.location_id
                ) - shelf.free AS before
            FROM shelf JOIN wanted w ON w.variant_id = shelf.variant_id
        ), part AS (
            SELECT id, CASE
                WHEN whole IS NULL THEN least(free, greatest(quantity - before, 0))
                WHEN whole = location_id THEN quantity
                ELSE 0
            END AS quantity
            FROM choice
        ), held AS (
            INSERT INTO inventory_reservation
                (stock_id, holder, quantity, state, extended, created_at, expires_at)
            SELECT
                id, p_holder, quantity, 'active', false,
                v_now, v_now + make_interval(mins => p_minutes)
            FROM part
            WHERE quantity > 0 AND (SELECT count(*) FROM wanted) = (
                SELECT count(DISTINCT variant_id) FROM choice WHERE all_free >= quantity
            )
            ORDER BY id
            RETURNING 1
        )
        SELECT count(*) INTO v_taken FROM held;
        EXIT WHEN v_taken > 0;

        -- Short: what lapsed and was not swept yet is free too. Never wait here,
        -- others lock holds before stock.
        UPDATE inventory_reservation SET state = 'expired' WHERE id IN (
            SELECT r.id
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE s.variant_id = ANY (p_variants)
                AND r.state = 'active' AND r.expires_at <= v_now
            FOR UPDATE OF r SKIP LOCKED
        );
        EXIT WHEN NOT FOUND;
    END LOOP;

    IF v_taken = 0 THEN
        RETURN QUERY
            SELECT 'short', w.variant_id, coalesce(sum(s.on_hand - s.reserved), 0)
            FROM unnest(p_variants, p_quantities) AS w (variant_id, quantity)
            LEFT JOIN inventory_stock s ON s.variant_id = w.variant_id
            GROUP BY w.variant_id, w.quantity
            HAVING coalesce(sum(s.on_hand - s.reserved), 0) < w.quantity;
    ELSE
        RETURN QUERY
            SELECT 'emptied', s.variant_id, 0::bigint
            FROM inventory_stock s
            WHERE s.variant_id = ANY (p_variants)
            GROUP BY s.variant_id
            HAVING sum(s.on_hand - s.reserved) = 0;
    END IF;
END $$;
"""

SET_ON_HAND = """
CREATE FUNCTION inventory_set_on_hand(p_variants bigint[], p_locations bigint[], p_counts int[])
RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1
    FROM inventory_stock s
    JOIN unnest(p_variants, p_locations) AS w (variant_id, location_id)
        ON w.variant_id = s.variant_id AND w.location_id = s.location_id
    ORDER BY s.id
    FOR NO KEY UPDATE OF s;

    RETURN QUERY
        SELECT 'short', s.variant_id, s.reserved::bigint
        FROM unnest(p_variants, p_locations, p_counts) AS w (variant_id, location_id, on_hand)
        JOIN inventory_stock s
            ON s.variant_id = w.variant_id AND s.location_id = w.location_id
        WHERE s.reserved > w.on_hand;
    IF FOUND THEN
        RETURN;
    END IF;

    RETURN QUERY
        INSERT INTO inventory_stock AS s (variant_id, location_id, on_hand, reserved, low_at)
        SELECT w.variant_id, w.location_id, w.on_hand, 0, 5
        FROM unnest(p_variants, p_locations, p_counts) AS w (variant_id, location_id, on_hand)
        ORDER BY w.variant_id, w.location_id
        ON CONFLICT (variant_id, location_id) DO UPDATE SET on_hand = EXCLUDED.on_hand
            WHERE s.on_hand <> EXCLUDED.on_hand
        RETURNING 'changed', s.variant_id, s.on_hand::bigint;
END $$;
"""

FUNCTIONS_BACK = """
DROP FUNCTION inventory_set_on_hand(bigint[], bigint[], int[]);
DROP FUNCTION inventory_reserve(text, bigint[], int[], int);
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="reservation", name="one_hold_per_stock"),
        migrations.AlterField(
            model_name="reservation",
            name="stock",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.stock",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["holder"], name="holds_by_holder"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=Q(state="active"), fields=["stock"], name="active_holds_by_stock"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=["active", "claimed"]),
                fields=["holder", "stock"],
                name="one_live_hold_per_stock",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + datetime.timedelta(minutes=60)),
                name="no_hold_beyond_an_hour",
            ),
        ),
        migrations.RunSQL(STOCK, STOCK_BACK),
        migrations.RunSQL(HOLDS, HOLDS_BACK),
        migrations.RunSQL(RESERVE, migrations.RunSQL.noop),
        migrations.RunSQL(SET_ON_HAND, FUNCTIONS_BACK),
    ]
