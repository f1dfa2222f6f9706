"""What was issued is fixed; what was spent is the sum of what orders took; nothing is forgotten."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION credits_credit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.spent_minor <> 0 OR NEW.expired_minor <> 0 OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a credit begins whole' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.kind, NEW.source, NEW.business_key, NEW.currency, NEW.issued_minor, NEW.code_hash,
        NEW.code_seed, NEW.user_id, NEW.order_token, NEW.reason, NEW.issued_by, NEW.created_at)
        IS DISTINCT FROM
       (OLD.kind, OLD.source, OLD.business_key, OLD.currency, OLD.issued_minor, OLD.code_hash,
        OLD.code_seed, OLD.user_id, OLD.order_token, OLD.reason, OLD.issued_by, OLD.created_at)
        OR NEW.expired_minor < OLD.expired_minor
        OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)
    THEN
        RAISE EXCEPTION 'credit % was issued as it was', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_kept_as_issued BEFORE INSERT OR UPDATE ON credits_credit
    FOR EACH ROW EXECUTE FUNCTION credits_credit_kept();

CREATE FUNCTION credits_spend_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'held' THEN
            RAISE EXCEPTION 'a spend begins held' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.credit_id, NEW.order_token, NEW.amount_minor) IS DISTINCT FROM
        (OLD.credit_id, OLD.order_token, OLD.amount_minor) THEN
        RAISE EXCEPTION 'what spend % takes is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND OLD.state <> 'held' THEN
        RAISE EXCEPTION 'illegal move of spend %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spend_moves BEFORE INSERT OR UPDATE ON credits_spend
    FOR EACH ROW EXECUTE FUNCTION credits_spend_moves();

CREATE FUNCTION credits_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is kept for ever', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER credit_kept BEFORE DELETE ON credits_credit
    FOR EACH ROW EXECUTE FUNCTION credits_kept();
CREATE TRIGGER spend_kept BEFORE DELETE ON credits_spend
    FOR EACH ROW EXECUTE FUNCTION credits_kept();
CREATE TRIGGER credits_kept_all BEFORE TRUNCATE ON credits_credit
    FOR EACH STATEMENT EXECUTE FUNCTION credits_kept();
CREATE TRIGGER spends_kept_all BEFORE TRUNCATE ON credits_spend
    FOR EACH STATEMENT EXECUTE FUNCTION credits_kept();

CREATE FUNCTION credits_spends_add_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    subject bigint := CASE WHEN TG_TABLE_NAME = 'credits_credit'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'credit_id')::bigint END;
    said bigint;
    found bigint;
BEGIN
    SELECT spent_minor INTO said FROM credits_credit WHERE id = subject;
    SELECT COALESCE(sum(amount_minor), 0) INTO found FROM credits_spend
    WHERE credit_id = subject AND state <> 'released';
    IF said IS DISTINCT FROM found THEN
        RAISE EXCEPTION 'credit % spent % but orders took %', subject, said, found
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER spends_add_up AFTER INSERT OR UPDATE ON credits_spend
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_spends_add_up();
CREATE CONSTRAINT TRIGGER credit_is_its_spends AFTER UPDATE OF spent_minor ON credits_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_spends_add_up();
"""

BACKWARD = """
DROP TRIGGER credit_is_its_spends ON credits_credit;
DROP TRIGGER spends_add_up ON credits_spend;
DROP FUNCTION credits_spends_add_up();
DROP TRIGGER spends_kept_all ON credits_spend;
DROP TRIGGER credits_kept_all ON credits_credit;
DROP TRIGGER spend_kept ON credits_spend;
DROP TRIGGER credit_kept ON credits_credit;
DROP FUNCTION credits_kept();
DROP TRIGGER spend_moves ON credits_spend;
DROP FUNCTION credits_spend_moves();
DROP TRIGGER credit_kept_as_issued ON credits_credit;
DROP FUNCTION credits_credit_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
