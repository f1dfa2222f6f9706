"""A refund that nobody asked for stays as it was found, and is booked once."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_excess_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.payment_id, NEW.provider_refund, NEW.amount_minor, NEW.left_minor, NEW.found_at)
        IS DISTINCT FROM
       (OLD.payment_id, OLD.provider_refund, OLD.amount_minor, OLD.left_minor, OLD.found_at)
        OR OLD.booked_at IS NOT NULL
    THEN
        RAISE EXCEPTION 'refund % was found as it was', OLD.provider_refund
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER excess_fixed BEFORE UPDATE ON payments_excessrefund
    FOR EACH ROW EXECUTE FUNCTION payments_excess_fixed();
CREATE TRIGGER excess_kept BEFORE DELETE ON payments_excessrefund
    FOR EACH ROW EXECUTE FUNCTION payments_kept();
CREATE TRIGGER excess_kept_all BEFORE TRUNCATE ON payments_excessrefund
    FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();
"""

BACKWARD = """
DROP TRIGGER excess_kept_all ON payments_excessrefund;
DROP TRIGGER excess_kept ON payments_excessrefund;
DROP TRIGGER excess_fixed ON payments_excessrefund;
DROP FUNCTION payments_excess_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_excess_refunds")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
