"""Returns under way fall due: they lapse, or go to the marketplace's people."""

from django.db import migrations, models

FORWARD = """
INSERT INTO returns_move VALUES
    ('return', 'refused', 'escalated'), ('return', 'approved', 'escalated'),
    ('return', 'sent', 'escalated'), ('return', 'received', 'escalated'),
    ('return', 'declined', 'escalated'),
    ('return', 'escalated', 'approved'), ('return', 'escalated', 'refused'),
    ('return', 'escalated', 'sent'), ('return', 'escalated', 'received'),
    ('return', 'escalated', 'inspected'), ('return', 'escalated', 'refunded'),
    ('return', 'escalated', 'declined'), ('return', 'escalated', 'closed');

-- A move that names no deadline, as older code makes it, gets the usual one.
CREATE FUNCTION returns_falls_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.due_at IS NULL AND NEW.state IN ('approved', 'sent', 'received') THEN
        NEW.due_at := now() + CASE NEW.state WHEN 'approved' THEN interval '21 days'
            WHEN 'sent' THEN interval '14 days' ELSE interval '7 days' END;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_falls_due BEFORE UPDATE OF state ON returns_case
    FOR EACH ROW EXECUTE FUNCTION returns_falls_due();

-- What is under way now waits from today on.
UPDATE returns_case SET due_at = now() + CASE state WHEN 'approved' THEN interval '21 days'
    WHEN 'sent' THEN interval '14 days' ELSE interval '7 days' END
WHERE state IN ('approved', 'sent', 'received');
"""

BACKWARD = """
DROP TRIGGER case_falls_due ON returns_case;
DROP FUNCTION returns_falls_due();
DELETE FROM returns_move WHERE kind = 'return'
    AND (from_state = 'escalated' OR to_state = 'escalated');
UPDATE returns_case SET due_at = NULL WHERE state IN ('approved', 'sent', 'received');
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0002_guards")]
    operations = [
        migrations.RemoveConstraint(model_name="case", name="only_open_questions_fall_due"),
        migrations.AddField(
            model_name="case",
            name="appeal",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="What the shopper told the marketplace after a refusal.",
                max_length=1000,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="reminded_at",
            field=models.DateTimeField(
                help_text="When who is waited for was reminded of this step.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="due_at",
            field=models.DateTimeField(help_text="When a rule acts, as nobody did.", null=True),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
