"""No return is under way without a deadline."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("returns", "0003_deadlines")]
    operations = [
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["requested", "approved", "sent", "received"])
                | Q(due_at__isnull=True),
                name="only_what_waits_falls_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=~Q(state__in=["approved", "sent", "received"]) | Q(due_at__isnull=False),
                name="a_return_under_way_has_a_deadline",
            ),
        ),
    ]
