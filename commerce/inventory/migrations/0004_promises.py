"""Holds that know who is behind them, late goods, free units as rows, and what leaves from where.

`inventory_reserve` takes more than before; its older form stays as a thin cover, for
code that still runs while this is deployed.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("commerce.inventory.migrations.0002_guards")

STOCK = """
CREATE OR REPLACE FUNCTION inventory_write_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_stockmovement (stock_id, delta, on_hand, kind, cause, reference, actor)
    VALUES (
        NEW.id,
        NEW.on_hand - CASE TG_OP WHEN 'UPDATE' THEN OLD.on_hand ELSE 0 END,
        NEW.on_hand,
        coalesce(nullif(current_setting('stoa.kind', true), ''), 'adjusted'),
        coalesce(nullif(current_setting('stoa.cause', true), ''), 'unexplained'),
        coalesce(current_setting('stoa.reference', true), ''),
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system')
    );
    RETURN NULL;
END $$;

ALTER TABLE inventory_stockmovement ADD CONSTRAINT movement_kind_is_known CHECK (kind IN (
    'sold', 'received', 'counted', 'adjusted', 'returned', 'canceled', 'transferred', 'imported'
));

CREATE FUNCTION inventory_tend_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.low_at := coalesce(
            (SELECT p.low_at FROM inventory_skupolicy p WHERE p.variant_id = NEW.variant_id),
            NEW.low_at
        );
        NEW.by_unit := EXISTS (
            SELECT 1 FROM inventory_stock s WHERE s.variant_id = NEW.variant_id AND s.by_unit
        );
        NEW.version := CASE WHEN NEW.on_hand <> 0 THEN 1 ELSE 0 END;
        RETURN NEW;
    END IF;
    NEW.version := OLD.version + CASE WHEN NEW.on_hand <> OLD.on_hand THEN 1 ELSE 0 END;
    -- Nothing more is sold ahead: the room shrinks with every unit that arrives.
    IF NEW.backorder_closed THEN
        NEW.backorder_limit := least(
            NEW.backorder_limit, greatest(0, NEW.reserved - NEW.on_hand)
        );
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_tended BEFORE INSERT OR UPDATE ON inventory_stock
    FOR EACH ROW EXECUTE FUNCTION inventory_tend_stock();

CREATE FUNCTION inventory_held_by_unit(p_stock bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r
    WHERE r.stock_id = p_stock AND r.state = 'active' AND r.by_unit
$$;
CREATE FUNCTION inventory_free(s inventory_stock) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.by_unit THEN (SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id)
        ELSE greatest(s.on_hand - s.reserved, 0)
    END
$$;
CREATE FUNCTION inventory_room(s inventory_stock) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.by_unit THEN (SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id)
        ELSE s.on_hand + s.backorder_limit - s.reserved
    END
$$;

-- While a row is sold by unit, its free units are as many as are neither sold nor held.
CREATE FUNCTION inventory_match_units() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_more bigint;
    v_gone bigint;
BEGIN
    SELECT NEW.on_hand - NEW.reserved - inventory_held_by_unit(NEW.id) - count(*) INTO v_more
    FROM inventory_unit WHERE stock_id = NEW.id;
    IF v_more > 0 THEN
        INSERT INTO inventory_unit (stock_id) SELECT NEW.id FROM generate_series(1, v_more);
    ELSIF v_more < 0 THEN
        WITH taken AS (
            DELETE FROM inventory_unit WHERE id IN (
                SELECT id FROM inventory_unit WHERE stock_id = NEW.id
                LIMIT -v_more FOR UPDATE SKIP LOCKED
            ) RETURNING 1
        )
        SELECT count(*) INTO v_gone FROM taken;
        IF v_gone < -v_more THEN
            RAISE EXCEPTION 'units of stock % are being bought this instant', NEW.id
                USING ERRCODE = 'lock_not_available';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER stock_first_units AFTER INSERT ON inventory_stock
    FOR EACH ROW WHEN (NEW.by_unit) EXECUTE FUNCTION inventory_match_units();
CREATE TRIGGER stock_units AFTER UPDATE ON inventory_stock
    FOR EACH ROW WHEN (
        NEW.by_unit
        AND (NEW.on_hand, NEW.reserved, NEW.by_unit)
            IS DISTINCT FROM (OLD.on_hand, OLD.reserved, OLD.by_unit)
    )
    EXECUTE FUNCTION inventory_match_units();
CREATE TRIGGER unit_by_trigger BEFORE INSERT OR UPDATE ON inventory_unit
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION inventory_refuse('units are written with the stock they are of');
"""

STOCK_BACK = """
DROP TRIGGER unit_by_trigger ON inventory_unit;
DROP TRIGGER stock_units ON inventory_stock;
DROP TRIGGER stock_first_units ON inventory_stock;
DROP FUNCTION inventory_match_units();
DROP FUNCTION inventory_room(inventory_stock);
DROP FUNCTION inventory_free(inventory_stock);
DROP FUNCTION inventory_held_by_unit(bigint);
DROP TRIGGER stock_tended ON inventory_stock;
DROP FUNCTION inventory_tend_stock();
ALTER TABLE inventory_stockmovement DROP CONSTRAINT movement_kind_is_known;
CREATE OR REPLACE FUNCTION inventory_write_movement() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

HOLDS = """
-- How many more units of a SKU a principal may hold; null says any number. A first hold may
-- take what there is; beside other open ones, all together hold at most half of the SKU.
CREATE FUNCTION inventory_allowance(p_principal text, p_holder text, p_variant bigint)
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT
            coalesce(sum(r.quantity), 0) AS everything,
            coalesce(sum(r.quantity) FILTER (WHERE r.holder <> p_holder), 0) AS others
        FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
        WHERE r.principal = p_principal AND r.principal <> '' AND r.state = 'active'
            AND s.variant_id = p_variant
    ), cap AS (
        SELECT max(p.shopper_cap) AS told FROM inventory_skupolicy p
        WHERE p.variant_id = p_variant
    ), half AS (
        SELECT greatest(2, (sum(greatest(s.on_hand, 0) + s.backorder_limit) + 1) / 2) AS units
        FROM inventory_stock s WHERE s.variant_id = p_variant
    )
    SELECT CASE
        WHEN p_principal = '' THEN NULL
        WHEN cap.told IS NOT NULL THEN greatest(cap.told - held.everything, 0)
        WHEN held.others > 0 THEN greatest(half.units - held.everything, 0)
    END::bigint
    FROM held, cap, half
$$;

CREATE OR REPLACE FUNCTION inventory_check_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    complaint text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        complaint := CASE
            WHEN NEW.state <> 'active' THEN 'a hold starts active'
            WHEN NEW.created_at > clock_timestamp() THEN 'a hold starts now'
            WHEN NEW.principal <> '' AND inventory_allowance(
                NEW.principal, NEW.holder,
                (SELECT variant_id FROM inventory_stock WHERE id = NEW.stock_id)
            ) < NEW.quantity THEN 'a hold is within the share of one shopper'
        END;
    ELSIF TG_OP = 'DELETE' THEN
        complaint := CASE
            WHEN OLD.state IN ('active', 'claimed') THEN 'a live hold cannot be deleted'
        END;
    ELSE
        complaint := CASE
            WHEN (NEW.stock_id, NEW.holder, NEW.principal, NEW.quantity, NEW.created_at)
                IS DISTINCT FROM
                (OLD.stock_id, OLD.holder, OLD.principal, OLD.quantity, OLD.created_at)
                THEN 'stock, holder, quantity and start of a hold never change'
            WHEN OLD.state <> 'active' AND NEW IS DISTINCT FROM OLD
                THEN 'hold ' || OLD.id || ' is final (' || OLD.state || ')'
            WHEN NEW.state = 'expired' AND OLD.expires_at > clock_timestamp()
                THEN 'hold ' || OLD.id || ' has not lapsed yet'
            WHEN NEW.kind <> OLD.kind AND (OLD.kind, NEW.kind) <> ('checkout', 'slow')
                THEN 'only the hold of a checkout waits for slow money'
            WHEN NEW.expires_at <> OLD.expires_at AND NEW.kind = OLD.kind
                AND (OLD.extended OR NOT NEW.extended)
                THEN 'a hold is extended once'
            WHEN OLD.extended AND NOT NEW.extended THEN 'a hold is extended once'
            WHEN NEW.by_unit <> OLD.by_unit AND (NEW.by_unit OR (
                SELECT by_unit FROM inventory_stock WHERE id = NEW.stock_id
            )) THEN 'how a hold is counted changes with its stock alone'
        END;
    END IF;
    IF complaint IS NOT NULL THEN
        RAISE EXCEPTION '%', complaint USING ERRCODE = 'check_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE OR REPLACE FUNCTION inventory_move_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cause text;
    kind text;
    reference text;
    v_gone bigint;
    v_counted int := CASE WHEN NEW.by_unit THEN 0 ELSE NEW.quantity END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT NEW.by_unit THEN
            UPDATE inventory_stock SET reserved = reserved + NEW.quantity WHERE id = NEW.stock_id;
            RETURN NULL;
        END IF;
        WITH taken AS (
            DELETE FROM inventory_unit WHERE id IN (
                SELECT id FROM inventory_unit WHERE stock_id = NEW.stock_id
                LIMIT NEW.quantity FOR UPDATE SKIP LOCKED
            ) RETURNING 1
        )
        SELECT count(*) INTO v_gone FROM taken;
        IF v_gone < NEW.quantity THEN
            RAISE EXCEPTION 'too few free units of stock %', NEW.stock_id USING ERRCODE = 'ST001';
        END IF;
    ELSIF NEW.state = 'claimed' THEN
        cause := current_setting('stoa.cause', true);
        kind := current_setting('stoa.kind', true);
        reference := current_setting('stoa.reference', true);
        PERFORM set_config('stoa.cause', 'sale ' || NEW.holder, true),
            set_config('stoa.kind', 'sold', true),
            set_config('stoa.reference', NEW.holder, true);
        UPDATE inventory_stock
        SET on_hand = on_hand - NEW.quantity, reserved = reserved - v_counted
        WHERE id = NEW.stock_id;
        PERFORM set_config('stoa.cause', coalesce(cause, ''), true),
            set_config('stoa.kind', coalesce(kind, ''), true),
            set_config('stoa.reference', coalesce(reference, ''), true);
        INSERT INTO inventory_allocation AS a (holder, stock_id, quantity, departed)
        VALUES (NEW.holder, NEW.stock_id, NEW.quantity, 0)
        ON CONFLICT (holder, stock_id) DO UPDATE SET quantity = a.quantity + EXCLUDED.quantity;
    ELSIF NEW.by_unit THEN
        INSERT INTO inventory_unit (stock_id)
        SELECT NEW.stock_id FROM generate_series(1, NEW.quantity);
    ELSE
        UPDATE inventory_stock SET reserved = reserved - NEW.quantity WHERE id = NEW.stock_id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_count_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inventory_stock SET reserved = reserved + NEW.quantity WHERE id = NEW.stock_id;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_is_counted_again AFTER UPDATE ON inventory_reservation
    FOR EACH ROW WHEN (OLD.by_unit AND NOT NEW.by_unit)
    EXECUTE FUNCTION inventory_count_hold();

CREATE FUNCTION inventory_check_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    complaint text;
BEGIN
    complaint := CASE
        WHEN TG_OP = 'DELETE' THEN 'what an order was given is kept'
        WHEN TG_OP = 'UPDATE' AND (NEW.holder, NEW.stock_id)
            IS DISTINCT FROM (OLD.holder, OLD.stock_id)
            THEN 'holder and stock of an allocation never change'
        WHEN TG_OP = 'UPDATE' AND NEW.departed < OLD.departed THEN 'what departed is gone'
    END;
    IF complaint IS NOT NULL THEN
        RAISE EXCEPTION '%', complaint USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allocation_guard BEFORE UPDATE OR DELETE ON inventory_allocation
    FOR EACH ROW EXECUTE FUNCTION inventory_check_allocation();
"""

HOLDS_BACK = (
    """
DROP TRIGGER allocation_guard ON inventory_allocation;
DROP FUNCTION inventory_check_allocation();
DROP TRIGGER hold_is_counted_again ON inventory_reservation;
DROP FUNCTION inventory_count_hold();
"""
    + BEFORE.HOLDS.partition("CREATE TRIGGER")[0].replace(
        "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
    )
    + "CREATE OR REPLACE FUNCTION inventory_move_stock"
    + BEFORE.HOLDS.partition("CREATE FUNCTION inventory_move_stock")[2].partition("CREATE TRIGGER")[
        0
    ]
    + "DROP FUNCTION inventory_allowance(text, text, bigint);"
)

RESERVE = """
-- Holds from counted rows: each variant whole from the first location that can, else from
-- several in turn, and what is short of that ahead of its arrival where the shopper was told.
CREATE FUNCTION inventory_take_counted(
    p_holder text, p_variants bigint[], p_quantities int[], p_now timestamptz,
    p_expires timestamptz, p_kind text, p_principal text, p_late bigint[]
) RETURNS bigint LANGUAGE sql AS $$
    WITH wanted AS (
        SELECT * FROM unnest(p_variants, p_quantities) AS w (variant_id, quantity)
    ), shelf AS MATERIALIZED (
        SELECT
            s.id, s.variant_id, s.location_id,
            greatest(s.on_hand - s.reserved, 0) AS free,
            CASE WHEN s.variant_id = ANY (p_late)
                THEN s.on_hand + s.backorder_limit - s.reserved
                    - greatest(s.on_hand - s.reserved, 0)
                ELSE 0
            END AS ahead
        FROM inventory_stock s
        WHERE s.variant_id = ANY (p_variants) AND NOT s.by_unit
        ORDER BY s.id
        FOR NO KEY UPDATE
    ), turn AS (
        SELECT
            shelf.*, w.quantity,
            row_number() OVER (
                PARTITION BY shelf.variant_id ORDER BY l.priority, shelf.location_id
            ) AS place
        FROM shelf
        JOIN wanted w ON w.variant_id = shelf.variant_id
        JOIN inventory_location l ON l.id = shelf.location_id
    ), choice AS (
        SELECT
            turn.*,
            min(place) FILTER (WHERE free >= quantity) OVER (PARTITION BY variant_id) AS whole,
            sum(free) OVER (PARTITION BY variant_id) AS all_free,
            sum(ahead) OVER (PARTITION BY variant_id) AS all_ahead,
            sum(free) OVER (PARTITION BY variant_id ORDER BY place) - free AS before,
            sum(ahead) OVER (PARTITION BY variant_id ORDER BY place) - ahead AS before_ahead
        FROM turn
    ), part AS (
        SELECT id, CASE
            WHEN whole = place THEN quantity
            WHEN whole IS NULL THEN
                least(free, greatest(quantity - before, 0))
                + least(ahead, greatest(quantity - all_free - before_ahead, 0))
            ELSE 0
        END AS quantity
        FROM choice
    ), held AS (
        INSERT INTO inventory_reservation (
            stock_id, holder, quantity, state, extended, created_at, expires_at, kind, principal,
            by_unit
        )
        SELECT id, p_holder, quantity, 'active', false, p_now, p_expires, p_kind, p_principal, false
        FROM part
        WHERE quantity > 0 AND (SELECT count(*) FROM wanted) = (
            SELECT count(DISTINCT variant_id) FROM choice WHERE all_free + all_ahead >= quantity
        )
        ORDER BY id
        RETURNING 1
    )
    SELECT count(*) FROM held
$$;

-- Holds free units of one variant, passing by those that others are taking this instant. True
-- when all are held; otherwise some may be, and the caller takes them back.
CREATE FUNCTION inventory_take_units(
    p_holder text, p_variant bigint, p_quantity int, p_now timestamptz, p_expires timestamptz,
    p_kind text, p_principal text
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_stock bigint;
    v_free bigint;
    v_left int := p_quantity;
    v_whole boolean;
BEGIN
    FOREACH v_whole IN ARRAY ARRAY[true, false] LOOP
        FOR v_stock IN
            SELECT s.id FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
            WHERE s.variant_id = p_variant AND s.by_unit
            ORDER BY l.priority, l.id
        LOOP
            v_free := v_left;
            IF NOT v_whole THEN
                SELECT least(count(*), v_left) INTO v_free
                FROM inventory_unit WHERE stock_id = v_stock;
            END IF;
            CONTINUE WHEN v_free = 0;
            BEGIN
                INSERT INTO inventory_reservation (
                    stock_id, holder, quantity, state, extended, created_at, expires_at, kind,
                    principal, by_unit
                ) VALUES (
                    v_stock, p_holder, v_free, 'active', false, p_now, p_expires, p_kind,
                    p_principal, true
                );
                v_left := v_left - v_free;
            EXCEPTION WHEN SQLSTATE 'ST001' THEN
                NULL;
            END;
            IF v_left = 0 THEN
                RETURN true;
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END $$;

-- One trip to the database while the rows are locked. Outcomes: "short" with what is free and
-- "capped" with what the principal may still hold (then nothing was written), "held" with what
-- the holder has already, "emptied" for variants whose last unit was taken. Units are taken
-- before counted rows are locked, and nobody who holds units waits for units of a lower id.
CREATE FUNCTION inventory_reserve(
    p_holder text, p_variants bigint[], p_quantities int[], p_minutes int,
    p_kind text, p_principal text, p_late bigint[], p_replaces text[], p_deadline timestamptz
) RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_expires timestamptz;
    v_taken bigint := 0;
    v_hot bigint[];
    v_patient boolean := false;
    v_rounds int := 0;
    v_one record;
    v_counted bigint[];
    v_counts int[];
BEGIN
    -- Two sessions of one holder would each see no hold of the other; two of one principal
    -- would each see room for both.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_holder, 0));
    IF p_principal <> '' THEN
        FOR v_one IN SELECT v.id FROM unnest(p_variants) AS v (id) ORDER BY v.id LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended(p_principal || ':' || v_one.id, 1));
        END LOOP;
    END IF;
    v_now := clock_timestamp();
    v_expires := coalesce(p_deadline, v_now + make_interval(mins => p_minutes));

    PERFORM 1 FROM inventory_reservation
    WHERE holder = ANY (p_replaces || p_holder)
        AND (state = 'active' OR state = 'claimed' AND holder = p_holder)
    ORDER BY stock_id, id FOR UPDATE;
    IF FOUND THEN
        PERFORM 1 FROM inventory_stock
        WHERE NOT by_unit AND (variant_id = ANY (p_variants) OR id IN (
            SELECT stock_id FROM inventory_reservation
            WHERE holder = ANY (p_replaces || p_holder) AND state = 'active'
        ))
        ORDER BY id FOR NO KEY UPDATE;
        UPDATE inventory_reservation SET state = 'expired'
        WHERE holder = p_holder AND state = 'active' AND expires_at <= v_now;
        RETURN QUERY
            SELECT 'held', s.variant_id, sum(r.quantity)
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE r.holder = p_holder AND (
                r.state = 'claimed' OR r.state = 'active' AND p_holder <> ALL (p_replaces)
            )
            GROUP BY s.variant_id;
        IF FOUND THEN
            RETURN;
        END IF;
        UPDATE inventory_reservation SET state = 'released'
        WHERE holder = ANY (p_replaces) AND state = 'active';
    END IF;

    IF p_principal <> '' THEN
        RETURN QUERY
            SELECT 'capped', w.variant_id,
                inventory_allowance(p_principal, p_holder, w.variant_id)
            FROM unnest(p_variants, p_quantities) AS w (variant_id, quantity)
            WHERE inventory_allowance(p_principal, p_holder, w.variant_id) < w.quantity;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;

    LOOP
        SELECT coalesce(array_agg(DISTINCT s.variant_id ORDER BY s.variant_id), '{}') INTO v_hot
        FROM inventory_stock s WHERE s.variant_id = ANY (p_variants) AND s.by_unit;
        IF v_hot = '{}' THEN
            v_taken := inventory_take_counted(
                p_holder, p_variants, p_quantities, v_now, v_expires, p_kind, p_principal, p_late
            );
        ELSE
            SELECT array_agg(w.id), array_agg(w.quantity) INTO v_counted, v_counts
            FROM unnest(p_variants, p_quantities) AS w (id, quantity) WHERE w.id <> ALL (v_hot);
            BEGIN
                FOR v_one IN
                    SELECT * FROM unnest(p_variants, p_quantities) AS w (id, quantity)
                    WHERE w.id = ANY (v_hot) ORDER BY w.id
                LOOP
                    IF v_patient THEN
                        -- Too few were to be had in passing: wait for whoever takes the others.
                        PERFORM 1 FROM inventory_unit u JOIN inventory_stock s ON s.id = u.stock_id
                        WHERE s.variant_id = v_one.id ORDER BY u.id FOR UPDATE OF u;
                    END IF;
                    IF NOT inventory_take_units(
                        p_holder, v_one.id, v_one.quantity, v_now, v_expires, p_kind, p_principal
                    ) THEN
                        RAISE EXCEPTION 'short' USING ERRCODE = 'ST002';
                    END IF;
                END LOOP;
                v_taken := 1;
                IF v_counted IS NOT NULL THEN
                    v_taken := inventory_take_counted(
                        p_holder, v_counted, v_counts, v_now, v_expires, p_kind, p_principal, p_late
                    );
                    IF v_taken = 0 THEN
                        RAISE EXCEPTION 'short' USING ERRCODE = 'ST002';
                    END IF;
                END IF;
            EXCEPTION WHEN SQLSTATE 'ST002' THEN
                v_taken := 0;
            END;
            IF v_taken = 0 AND NOT v_patient THEN
                v_patient := true;
                CONTINUE;
            END IF;
        END IF;
        EXIT WHEN v_taken > 0;

        -- A switch between counting and units was under way: look again.
        CONTINUE WHEN v_hot IS DISTINCT FROM (
            SELECT coalesce(array_agg(DISTINCT s.variant_id ORDER BY s.variant_id), '{}')
            FROM inventory_stock s WHERE s.variant_id = ANY (p_variants) AND s.by_unit
        );
        -- Short: what lapsed and was not swept yet is free too. Never wait here,
        -- others lock holds before stock.
        UPDATE inventory_reservation SET state = 'expired' WHERE id IN (
            SELECT r.id
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE s.variant_id = ANY (p_variants)
                AND r.state = 'active' AND r.expires_at <= v_now
            FOR UPDATE OF r SKIP LOCKED
        );
        CONTINUE WHEN FOUND;
        RETURN QUERY
            SELECT 'short', f.variant_id, f.free
            FROM (
                SELECT w.variant_id, w.quantity, coalesce(sum(CASE
                    WHEN w.variant_id = ANY (p_late) THEN inventory_room(s)
                    ELSE inventory_free(s)
                END), 0)::bigint AS free
                FROM unnest(p_variants, p_quantities) AS w (variant_id, quantity)
                LEFT JOIN inventory_stock s ON s.variant_id = w.variant_id
                GROUP BY w.variant_id, w.quantity
            ) AS f
            WHERE f.free < f.quantity;
        IF FOUND THEN
            RETURN;
        END IF;
        -- What was missing came back this very instant.
        v_rounds := v_rounds + 1;
        IF v_rounds > 5 THEN
            RAISE EXCEPTION 'stock is moving' USING ERRCODE = 'lock_not_available';
        END IF;
    END LOOP;

    RETURN QUERY
        SELECT 'emptied', s.variant_id, 0::bigint
        FROM inventory_stock s
        WHERE s.variant_id = ANY (p_variants)
        GROUP BY s.variant_id
        HAVING bool_and(CASE
            WHEN s.by_unit
                THEN NOT EXISTS (SELECT 1 FROM inventory_unit u WHERE u.stock_id = s.id)
            ELSE s.on_hand + s.backorder_limit = s.reserved
        END);
END $$;

CREATE OR REPLACE FUNCTION inventory_reserve(
    p_holder text, p_variants bigint[], p_quantities int[], p_minutes int
) RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE sql AS $$
    SELECT * FROM inventory_reserve(
        p_holder, p_variants, p_quantities, p_minutes, 'checkout', '', '{}', '{}', NULL
    )
$$;
"""

RESERVE_BACK = (
    "DROP FUNCTION inventory_reserve(text, bigint[], int[], int, text, text, bigint[], text[],"
    " timestamptz); DROP FUNCTION inventory_reserve(text, bigint[], int[], int);"
    + BEFORE.RESERVE
    + """
DROP FUNCTION inventory_take_units(text, bigint, int, timestamptz, timestamptz, text, text);
DROP FUNCTION inventory_take_counted(
    text, bigint[], int[], timestamptz, timestamptz, text, text, bigint[]
);
"""
)

SET_ON_HAND = """
CREATE OR REPLACE FUNCTION inventory_set_on_hand(
    p_variants bigint[], p_locations bigint[], p_counts int[]
) RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1
    FROM inventory_stock s
    JOIN unnest(p_variants, p_locations) AS w (variant_id, location_id)
        ON w.variant_id = s.variant_id AND w.location_id = s.location_id
    ORDER BY s.id
    FOR NO KEY UPDATE OF s;

    RETURN QUERY
        SELECT 'short', f.variant_id, f.promised
        FROM (
            SELECT
                s.variant_id, w.on_hand + s.backorder_limit AS most,
                s.reserved + CASE WHEN s.by_unit THEN inventory_held_by_unit(s.id) ELSE 0 END
                    AS promised
            FROM unnest(p_variants, p_locations, p_counts)
                AS w (variant_id, location_id, on_hand)
            JOIN inventory_stock s
                ON s.variant_id = w.variant_id AND s.location_id = w.location_id
        ) AS f
        WHERE f.promised > f.most;
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

-- From counting to units and back. Whoever switches waits shortly and tries again; shoppers
-- never wait for a switch longer than it takes.
CREATE FUNCTION inventory_sell_by_unit(p_variant bigint, p_by_unit boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM inventory_stock WHERE variant_id = p_variant ORDER BY id FOR NO KEY UPDATE;
    IF p_by_unit THEN
        UPDATE inventory_stock SET by_unit = true WHERE variant_id = p_variant AND NOT by_unit;
        RETURN;
    END IF;
    DELETE FROM inventory_unit WHERE stock_id IN (
        SELECT id FROM inventory_stock WHERE variant_id = p_variant
    );
    UPDATE inventory_stock SET by_unit = false WHERE variant_id = p_variant AND by_unit;
    UPDATE inventory_reservation SET by_unit = false
    WHERE state = 'active' AND by_unit AND stock_id IN (
        SELECT id FROM inventory_stock WHERE variant_id = p_variant
    );
END $$;
"""

SET_ON_HAND_BACK = (
    "DROP FUNCTION inventory_sell_by_unit(bigint, boolean);"
    + BEFORE.SET_ON_HAND.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
)

# What was sold before is known by its claimed holds; what of it left, by the order's lines,
# where orders exist already.
BACKFILL = """
UPDATE inventory_stock s SET version = (
    SELECT count(*) FROM inventory_stockmovement m WHERE m.stock_id = s.id
);
INSERT INTO inventory_allocation (holder, stock_id, quantity, departed)
SELECT holder, stock_id, quantity, 0 FROM inventory_reservation WHERE state = 'claimed';
DO $$
BEGIN
    IF to_regclass('orders_orderline') IS NOT NULL THEN
        UPDATE inventory_allocation a SET departed = least(a.quantity, gone.units)
        FROM (
            SELECT o.token, l.variant_id, sum(l.shipped_quantity + l.canceled_quantity) AS units
            FROM orders_orderline l
            JOIN orders_sellerorder p ON p.id = l.seller_order_id
            JOIN orders_order o ON o.id = p.order_id
            GROUP BY o.token, l.variant_id
        ) AS gone, inventory_stock s
        WHERE s.id = a.stock_id AND gone.token = a.holder AND gone.variant_id = s.variant_id;
    END IF;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_policies_units_allocations")]

    operations = [
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(STOCK, STOCK_BACK),
        migrations.RunSQL(HOLDS, HOLDS_BACK),
        migrations.RunSQL(RESERVE, RESERVE_BACK),
        migrations.RunSQL(SET_ON_HAND, SET_ON_HAND_BACK),
    ]
