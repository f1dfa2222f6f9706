"""What was refunded in the dashboard beyond what was left is not refunded again either."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION payments_refund_charged_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
    room bigint;
BEGIN
    IF NEW.covered_minor IS DISTINCT FROM OLD.covered_minor
       AND NOT (OLD.state = 'failed' AND NEW.state = 'settled') THEN
        RAISE EXCEPTION 'what the bank gave of refund % is fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'failed' AND NEW.state IN ('requested', 'succeeded') THEN
        SELECT sum(amount_minor) INTO gone FROM (
            SELECT amount_minor FROM payments_dispute
            WHERE payment_id = NEW.payment_id AND state = 'lost'
            UNION ALL
            SELECT amount_minor FROM payments_excessrefund
            WHERE payment_id = NEW.payment_id AND booked_at IS NOT NULL
        ) AS taken;
        SELECT p.captured_minor - coalesce(sum(r.amount_minor - r.covered_minor), 0) INTO room
            FROM payments_payment p LEFT JOIN payments_refund r
                ON r.payment_id = p.id AND r.id <> NEW.id AND r.state <> 'failed'
            WHERE p.id = NEW.payment_id GROUP BY p.id;
        IF gone IS NOT NULL AND room - gone < NEW.amount_minor THEN
            RAISE EXCEPTION 'refund % would give what was given otherwise', OLD.id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION payments_refund_charged_back() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_excess_refund_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
