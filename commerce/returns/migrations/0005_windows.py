"""Seasons with a last day, sellers' own days, and what was agreed of each line that was sold."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARD = """
CREATE TRIGGER line_terms_append_only BEFORE UPDATE OR DELETE ON returns_lineterms
    FOR EACH ROW EXECUTE FUNCTION returns_fixed();
CREATE TRIGGER line_terms_kept_all BEFORE TRUNCATE ON returns_lineterms
    FOR EACH STATEMENT EXECUTE FUNCTION returns_fixed();
"""
GUARD_BACK = """
DROP TRIGGER line_terms_kept_all ON returns_lineterms;
DROP TRIGGER line_terms_append_only ON returns_lineterms;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0010_returned_keeps_nothing"),
        ("returns", "0004_no_return_waits_for_ever"),
        ("sellers", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="LineTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("days", models.PositiveSmallIntegerField()),
                ("returns_until", models.DateField(null=True)),
                ("exempt_because", models.CharField(blank=True, max_length=120)),
                ("puts_back", models.BooleanField()),
                (
                    "agreed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.AddField(
            model_name="policy",
            name="returns_until",
            field=models.DateField(
                blank=True,
                help_text="What is ordered in this season can go back until the end of this day at least.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("returns_until__isnull", True),
                    models.Q(
                        ("ends_on__isnull", False), ("returns_until__gte", models.F("ends_on"))
                    ),
                    _connector="OR",
                ),
                name="last_day_is_after_its_season",
            ),
        ),
        migrations.AddField(
            model_name="lineterms",
            name="order_line",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.orderline"
            ),
        ),
        migrations.RunSQL(GUARD, GUARD_BACK),
    ]
