"""An attempt and a refund begin with nothing moved; a refund goes along its graph, as it was asked."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_payment_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'created' OR NEW.captured_minor <> 0 OR NEW.refunded_minor <> 0 THEN
        RAISE EXCEPTION 'an attempt begins without money' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_begins BEFORE INSERT ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_payment_begins();

CREATE FUNCTION payments_refund_moves() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER refund_moves BEFORE INSERT OR UPDATE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_refund_moves();
"""

BACKWARD = """
DROP TRIGGER refund_moves ON payments_refund;
DROP FUNCTION payments_refund_moves();
DROP TRIGGER payment_begins ON payments_payment;
DROP FUNCTION payments_payment_begins();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
