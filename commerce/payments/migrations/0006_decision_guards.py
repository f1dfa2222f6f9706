"""A failed refund may be sent anew or paid another way; what a person decided is kept."""

from django.db import migrations

REFUND_MOVES = """
CREATE OR REPLACE FUNCTION payments_refund_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.provider_refund IS NOT NULL THEN
            RAISE EXCEPTION 'a refund begins unsent' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.payment_id, NEW.business_key, NEW.amount_minor) IS DISTINCT FROM
        (OLD.payment_id, OLD.business_key, OLD.amount_minor)
        OR (OLD.provider_refund IS NOT NULL
            AND NEW.provider_refund IS DISTINCT FROM OLD.provider_refund
            AND NOT (OLD.state = 'failed' AND NEW.state IN ('requested', 'succeeded')
                     AND NEW.round = OLD.round + 1))
    THEN
        RAISE EXCEPTION 'what refund % asks for is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.round IS DISTINCT FROM OLD.round
        AND NOT (OLD.state = 'failed' AND NEW.state IN ('requested', 'succeeded')
                 AND NEW.round = OLD.round + 1) THEN
        RAISE EXCEPTION 'only a failed refund is sent anew' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'pending'), ('requested', 'succeeded'), ('requested', 'failed'),
        ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed'),
        ('failed', 'settled')
    ) AND NOT (OLD.state = 'failed' AND NEW.round = OLD.round + 1) THEN
        RAISE EXCEPTION 'illegal move of refund %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

DECISIONS = """
CREATE FUNCTION payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE ON payments_decision
    FOR EACH ROW EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER decisions_keep_all BEFORE TRUNCATE ON payments_decision
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();
"""

BACKWARD_DECISIONS = """
DROP TRIGGER decisions_keep_all ON payments_decision;
DROP TRIGGER decision_append_only ON payments_decision;
DROP FUNCTION payments_append_only();
"""

BACKWARD_REFUND_MOVES = """
CREATE OR REPLACE FUNCTION payments_refund_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' OR NEW.provider_refund IS NOT NULL THEN
            RAISE EXCEPTION 'a refund begins unsent' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.payment_id, NEW.business_key, NEW.amount_minor) IS DISTINCT FROM
        (OLD.payment_id, OLD.business_key, OLD.amount_minor)
        OR (OLD.provider_refund IS NOT NULL AND NEW.provider_refund IS DISTINCT FROM OLD.provider_refund)
    THEN
        RAISE EXCEPTION 'what refund % asks for is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'pending'), ('requested', 'succeeded'), ('requested', 'failed'),
        ('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'failed')
    ) THEN
        RAISE EXCEPTION 'illegal move of refund %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_decisions")]
    operations = [
        migrations.RunSQL(REFUND_MOVES, BACKWARD_REFUND_MOVES),
        migrations.RunSQL(DECISIONS, BACKWARD_DECISIONS),
    ]
