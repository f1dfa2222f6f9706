"""Of a refund made elsewhere no more is used than it gave, and what was said stays said."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_found_use_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found payments_refund;
BEGIN
    SELECT * INTO found FROM payments_refund WHERE id = NEW.refund_id FOR UPDATE;
    IF found.business_key NOT LIKE 'found:%' OR found.amount_minor < (
        SELECT sum(amount_minor) FROM payments_founduse WHERE refund_id = NEW.refund_id
    ) THEN
        RAISE EXCEPTION 'refund % gave no more', NEW.refund_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER found_use_fits AFTER INSERT ON payments_founduse
    FOR EACH ROW EXECUTE FUNCTION payments_found_use_fits();
CREATE TRIGGER found_use_append_only BEFORE UPDATE OR DELETE ON payments_founduse
    FOR EACH ROW EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER found_uses_keep_all BEFORE TRUNCATE ON payments_founduse
    FOR EACH STATEMENT EXECUTE FUNCTION payments_append_only();
"""

BACKWARD = """
DROP TRIGGER found_uses_keep_all ON payments_founduse;
DROP TRIGGER found_use_append_only ON payments_founduse;
DROP TRIGGER found_use_fits ON payments_founduse;
DROP FUNCTION payments_found_use_fits();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0018_found_uses")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
