"""What a lost dispute took of a charge is not refunded again; what it covers is fixed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_refund_charged_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lost bigint;
    room bigint;
BEGIN
    IF NEW.covered_minor IS DISTINCT FROM OLD.covered_minor
       AND NOT (OLD.state = 'failed' AND NEW.state = 'settled') THEN
        RAISE EXCEPTION 'what the bank gave of refund % is fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'failed' AND NEW.state IN ('requested', 'succeeded') THEN
        SELECT sum(amount_minor) INTO lost FROM payments_dispute
            WHERE payment_id = NEW.payment_id AND state = 'lost';
        SELECT p.captured_minor - coalesce(sum(r.amount_minor - r.covered_minor), 0) INTO room
            FROM payments_payment p LEFT JOIN payments_refund r
                ON r.payment_id = p.id AND r.id <> NEW.id AND r.state <> 'failed'
            WHERE p.id = NEW.payment_id GROUP BY p.id;
        IF lost IS NOT NULL AND room - lost < NEW.amount_minor THEN
            RAISE EXCEPTION 'the bank took what refund % would give', OLD.id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refund_charged_back BEFORE UPDATE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION payments_refund_charged_back();
"""

BACKWARD = """
DROP TRIGGER refund_charged_back ON payments_refund;
DROP FUNCTION payments_refund_charged_back();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_charged_back")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
