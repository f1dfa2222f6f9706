"""Ended holds may be deleted once nothing asks for them: two days after their deadline.

Until then a cart's rest and late payments look at them. A checkout's own are deleted sooner,
by the functions that replace them.
"""

from importlib import import_module

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

BEFORE = import_module("commerce.inventory.migrations.0012_holds_of_checkouts")

_LIVE = "WHEN OLD.state IN ('active', 'claimed') THEN 'a live hold cannot be deleted'\n"
CHECK = BEFORE._changed(
    BEFORE.CHECK,
    (
        _LIVE,
        _LIVE
        + """            WHEN OLD.holder NOT LIKE 'checkout:%'
                AND OLD.expires_at > clock_timestamp() - interval '2 days'
                THEN 'an ended hold is kept for two days'
""",
    ),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0015_checkouts_given_up")]

    operations = [
        ValidateConstraint(model_name="reservation", name="no_hold_beyond_its_kind"),
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["released", "expired"]),
                name="ended_holds_by_deadline",
            ),
        ),
        migrations.RunSQL(CHECK, BEFORE.CHECK),
    ]
