"""What was written down stays."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER entries_kept BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER seals_kept BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();

-- The moment is the database's own, and a day that was sealed takes no more.
CREATE FUNCTION audit_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    IF NEW.actor = '' OR NEW.action = '' THEN
        RAISE EXCEPTION 'somebody did something' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_now BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_now();
"""

BACKWARD = """
DROP TRIGGER entry_now ON audit_entry;
DROP TRIGGER seals_kept ON audit_seal;
DROP TRIGGER seal_append_only ON audit_seal;
DROP TRIGGER entries_kept ON audit_entry;
DROP TRIGGER entry_append_only ON audit_entry;
DROP FUNCTION audit_now();
DROP FUNCTION audit_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
