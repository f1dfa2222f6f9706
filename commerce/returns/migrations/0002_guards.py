"""Cases move along their graph with one event each; no unit is in two living cases; money follows
its decision; what was declared stays as it was declared."""

from django.db import migrations

FORWARD = """
CREATE TABLE returns_move (
    kind varchar(6) NOT NULL,
    from_state varchar(10) NOT NULL,
    to_state varchar(10) NOT NULL,
    PRIMARY KEY (kind, from_state, to_state)
);
INSERT INTO returns_move VALUES
    ('cancel', 'requested', 'refunded'), ('cancel', 'requested', 'refused'),
    ('cancel', 'requested', 'overtaken'), ('cancel', 'requested', 'closed'),
    ('cancel', 'refused', 'refunded'), ('cancel', 'refused', 'overtaken'),
    ('return', 'requested', 'approved'), ('return', 'requested', 'refused'),
    ('return', 'requested', 'closed'), ('return', 'refused', 'approved'),
    ('return', 'approved', 'sent'), ('return', 'approved', 'received'),
    ('return', 'approved', 'closed'), ('return', 'sent', 'received'), ('return', 'sent', 'closed'),
    ('return', 'received', 'inspected'), ('return', 'inspected', 'refunded'),
    ('return', 'inspected', 'partly'), ('return', 'inspected', 'declined'),
    ('return', 'inspected', 'exchanged'), ('return', 'declined', 'refunded'),
    ('return', 'declined', 'partly'),
    ('claim', 'requested', 'refunded'), ('claim', 'requested', 'exchanged'),
    ('claim', 'requested', 'refused'), ('claim', 'requested', 'escalated'),
    ('claim', 'requested', 'closed'), ('claim', 'escalated', 'refunded'),
    ('claim', 'escalated', 'exchanged'), ('claim', 'escalated', 'refused'),
    ('claim', 'escalated', 'closed'), ('claim', 'refused', 'refunded'),
    ('claim', 'refused', 'exchanged'), ('claim', 'refused', 'escalated');

CREATE FUNCTION returns_case_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := COALESCE(NULLIF(current_setting('stoa.actor', true), ''), 'system');
    why text := COALESCE(current_setting('stoa.cause', true), '');
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.version <> 0 THEN
            RAISE EXCEPTION 'a case begins requested' USING ERRCODE = 'check_violation';
        END IF;
        INSERT INTO returns_caseevent (case_id, version, from_state, to_state, actor, cause, at)
        VALUES (NEW.id, 0, '', NEW.state, who, why, clock_timestamp());
        RETURN NULL;
    END IF;
    IF NEW.state IS NOT DISTINCT FROM OLD.state THEN
        IF NEW.version <> OLD.version THEN
            RAISE EXCEPTION 'case %: only a move advances the version', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM returns_move
        WHERE kind = NEW.kind AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'illegal move of % case %: % to %', NEW.kind, OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'case %: a move advances the version by one', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO returns_caseevent (case_id, version, from_state, to_state, actor, cause, at)
    VALUES (NEW.id, NEW.version, OLD.state, NEW.state, who, why, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER case_moves AFTER INSERT OR UPDATE OF state, version ON returns_case
    FOR EACH ROW EXECUTE FUNCTION returns_case_moves();

CREATE FUNCTION returns_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%: what was asked stays as it was asked', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_fixed
    BEFORE UPDATE OF token, number, seller_id, seller_order_id, kind, basis, asked_by, created_at
    ON returns_case FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER case_line_fixed
    BEFORE UPDATE OF case_id, order_line_id, quantity
    ON returns_caseline FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER case_kept BEFORE DELETE ON returns_case
    FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER case_line_kept BEFORE DELETE ON returns_caseline
    FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER case_event_append_only BEFORE UPDATE OR DELETE ON returns_caseevent
    FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER withdrawal_append_only BEFORE UPDATE OR DELETE ON returns_withdrawal
    FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER cases_kept_all BEFORE TRUNCATE ON returns_case
    FOR EACH STATEMENT EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER case_events_kept_all BEFORE TRUNCATE ON returns_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER withdrawals_kept_all BEFORE TRUNCATE ON returns_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION returns_fixed();

-- A line belongs to the case's part, and its units are in one living case at a time.
CREATE FUNCTION returns_units_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'returns_case'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'case_id')::bigint END;
BEGIN
    PERFORM 1 FROM orders_orderline o JOIN returns_caseline l ON l.order_line_id = o.id
    WHERE l.case_id = subject ORDER BY o.id FOR UPDATE OF o;
    IF EXISTS (
        SELECT 1 FROM returns_caseline l
        JOIN returns_case c ON c.id = l.case_id
        JOIN orders_orderline o ON o.id = l.order_line_id
        WHERE l.case_id = subject AND (
            o.seller_order_id <> c.seller_order_id
            OR o.quantity < (
                SELECT sum(other.quantity) FROM returns_caseline other
                JOIN returns_case k ON k.id = other.case_id
                WHERE other.order_line_id = l.order_line_id
                  AND k.state NOT IN ('refused', 'declined', 'overtaken', 'closed', 'exchanged')
            )
        )
    ) THEN
        RAISE EXCEPTION 'case %: its units are in another case, or another part', subject
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER units_once AFTER INSERT ON returns_caseline
    FOR EACH ROW EXECUTE FUNCTION returns_units_once();
CREATE TRIGGER units_once AFTER UPDATE OF state ON returns_case FOR EACH ROW
    WHEN (OLD.state IN ('refused', 'declined', 'overtaken', 'closed', 'exchanged'))
    EXECUTE FUNCTION returns_units_once();

-- A case that ended with money has its adjustment, and a return was looked at before.
CREATE FUNCTION returns_money_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'returns_case'
        THEN (to_jsonb(NEW) ->> 'id')::bigint
        ELSE substring(to_jsonb(NEW) ->> 'business_key' FROM '^case:([0-9]{1,18})$')::bigint END;
    wrong boolean;
BEGIN
    IF subject IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT (c.state IN ('refunded', 'partly')) <> (a.id IS NOT NULL)
        OR a.seller_order_id IS DISTINCT FROM CASE WHEN a.id IS NULL THEN NULL ELSE c.seller_order_id END
    INTO wrong
    FROM (SELECT subject AS id) AS asked
    LEFT JOIN returns_case c ON c.id = asked.id
    LEFT JOIN orders_adjustment a ON a.business_key = 'case:' || asked.id;
    IF wrong IS NOT FALSE THEN
        RAISE EXCEPTION 'case %: its money and its state disagree', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER money_follows AFTER INSERT OR UPDATE OF state ON returns_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION returns_money_follows();
CREATE CONSTRAINT TRIGGER money_follows AFTER INSERT ON orders_adjustment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION returns_money_follows();
"""

BACKWARD = """
DROP TRIGGER money_follows ON orders_adjustment;
DROP TRIGGER money_follows ON returns_case;
DROP TRIGGER units_once ON returns_case;
DROP TRIGGER units_once ON returns_caseline;
DROP TRIGGER withdrawals_kept_all ON returns_withdrawal;
DROP TRIGGER case_events_kept_all ON returns_caseevent;
DROP TRIGGER cases_kept_all ON returns_case;
DROP TRIGGER withdrawal_append_only ON returns_withdrawal;
DROP TRIGGER case_event_append_only ON returns_caseevent;
DROP TRIGGER case_line_kept ON returns_caseline;
DROP TRIGGER case_kept ON returns_case;
DROP TRIGGER case_line_fixed ON returns_caseline;
DROP TRIGGER case_fixed ON returns_case;
DROP TRIGGER case_moves ON returns_case;
DROP FUNCTION returns_money_follows();
DROP FUNCTION returns_units_once();
DROP FUNCTION returns_fixed();
DROP FUNCTION returns_case_moves();
DROP TABLE returns_move;
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0001_initial"), ("orders", "0006_adjustment_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
