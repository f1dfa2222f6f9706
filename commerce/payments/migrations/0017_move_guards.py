"""Every change of a payment's state is on record: who, why, when, in which request.

Written when the transaction ends, for only then has it told all it knows: a payment is
often the first thing that changes in it.
"""

from django.db import migrations

FORWARD = """
-- None changes between the first entries and the triggers.
LOCK TABLE payments_payment IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO payments_paymentmove (payment_id, from_state, to_state, actor, cause, request_id, at)
SELECT id, '', state, 'system', 'on record since here', '', updated_at FROM payments_payment;

CREATE FUNCTION payments_payment_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payments_paymentmove (
        payment_id, from_state, to_state, actor, cause, request_id, at
    ) VALUES (
        NEW.id, CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.state END, NEW.state,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'),
        coalesce(current_setting('stoa.cause', true), ''),
        coalesce(current_setting('stoa.request', true), ''),
        clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_begun AFTER INSERT ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_payment_moved();
CREATE CONSTRAINT TRIGGER payment_moved AFTER UPDATE OF state ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION payments_payment_moved();

CREATE TRIGGER move_kept BEFORE UPDATE OR DELETE ON payments_paymentmove
    FOR EACH ROW EXECUTE FUNCTION payments_kept();
CREATE TRIGGER moves_kept_all BEFORE TRUNCATE ON payments_paymentmove
    FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();
"""

BACKWARD = """
DROP TRIGGER moves_kept_all ON payments_paymentmove;
DROP TRIGGER move_kept ON payments_paymentmove;
DROP TRIGGER payment_moved ON payments_payment;
DROP TRIGGER payment_begun ON payments_payment;
DROP FUNCTION payments_payment_moved();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_moves")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
