"""Days of the ledger are sealed; seals are never rewritten."""

import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER seals_keep_all BEFORE TRUNCATE ON ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
"""

BACKWARD = """
DROP TRIGGER seals_keep_all ON ledger_seal;
DROP TRIGGER seal_append_only ON ledger_seal;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_entries_balance"),
    ]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("journals", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "sealed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
