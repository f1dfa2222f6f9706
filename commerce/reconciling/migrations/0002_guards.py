"""What was found is kept, and so is who explained it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reconciling_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is kept for ever', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER break_kept BEFORE DELETE ON reconciling_break
    FOR EACH ROW EXECUTE FUNCTION reconciling_kept();
CREATE TRIGGER breaks_kept_all BEFORE TRUNCATE ON reconciling_break
    FOR EACH STATEMENT EXECUTE FUNCTION reconciling_kept();
"""

BACKWARD = """
DROP TRIGGER breaks_kept_all ON reconciling_break;
DROP TRIGGER break_kept ON reconciling_break;
DROP FUNCTION reconciling_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("reconciling", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
