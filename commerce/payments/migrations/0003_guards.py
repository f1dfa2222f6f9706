"""An attempt moves along its graph; what was agreed with the provider stays as it was."""

from django.db import migrations

FORWARD = """
CREATE TABLE payments_move (
    from_state varchar(12) NOT NULL,
    to_state varchar(12) NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO payments_move VALUES
    ('created', 'processing'), ('created', 'authorized'), ('created', 'captured'),
    ('created', 'failed'), ('created', 'canceled'), ('created', 'orphan'), ('created', 'review'),
    ('processing', 'authorized'), ('processing', 'captured'), ('processing', 'failed'),
    ('processing', 'canceled'), ('processing', 'orphan'), ('processing', 'review'),
    ('authorized', 'captured'), ('authorized', 'failed'), ('authorized', 'canceled'),
    ('authorized', 'orphan'), ('authorized', 'review'),
    ('failed', 'orphan'), ('failed', 'review'),
    ('canceled', 'orphan'), ('canceled', 'review'),
    ('review', 'captured'), ('review', 'failed'), ('review', 'canceled'), ('review', 'orphan');

CREATE FUNCTION payments_payment_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.order_token IS DISTINCT FROM OLD.order_token
       OR NEW.attempt IS DISTINCT FROM OLD.attempt
       OR NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key
       OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor
       OR NEW.currency IS DISTINCT FROM OLD.currency
       OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
       OR (OLD.provider_session IS NOT NULL AND NEW.provider_session IS DISTINCT FROM OLD.provider_session) THEN
        RAISE EXCEPTION 'what attempt % asks for is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND NOT EXISTS (
        SELECT 1 FROM payments_move WHERE from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'illegal move of payment %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.captured_minor IS DISTINCT FROM OLD.captured_minor
       AND OLD.state IN ('captured', 'orphan') THEN
        RAISE EXCEPTION 'payment % is captured', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_moves BEFORE UPDATE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_payment_moves();

CREATE FUNCTION payments_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is kept for ever', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payment_kept BEFORE DELETE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_kept();
CREATE TRIGGER refund_kept BEFORE DELETE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_kept();
CREATE TRIGGER payments_kept_all BEFORE TRUNCATE ON payments_payment
    FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();
CREATE TRIGGER refunds_kept_all BEFORE TRUNCATE ON payments_refund
    FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();

-- What a payment says was refunded is what its refunds say.
CREATE FUNCTION payments_refunds_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := COALESCE(NEW.payment_id, OLD.payment_id);
    said bigint;
    found bigint;
BEGIN
    SELECT refunded_minor INTO said FROM payments_payment WHERE id = subject;
    SELECT COALESCE(sum(amount_minor), 0) INTO found FROM payments_refund WHERE payment_id = subject;
    IF said IS DISTINCT FROM found THEN
        RAISE EXCEPTION 'payment % refunded % but its refunds are %', subject, said, found
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refunds_add_up AFTER INSERT OR UPDATE OF amount_minor, payment_id ON payments_refund
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_refunds_add_up();
"""

BACKWARD = """
DROP TRIGGER refunds_add_up ON payments_refund;
DROP FUNCTION payments_refunds_add_up();
DROP TRIGGER refunds_kept_all ON payments_refund;
DROP TRIGGER payments_kept_all ON payments_payment;
DROP TRIGGER refund_kept ON payments_refund;
DROP TRIGGER payment_kept ON payments_payment;
DROP FUNCTION payments_kept();
DROP TRIGGER payment_moves ON payments_payment;
DROP FUNCTION payments_payment_moves();
DROP TABLE payments_move;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_attempts")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
