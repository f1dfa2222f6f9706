"""Sealing a day reads that day alone; made beside running traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0004_seals")]

    operations = [
        AddIndexConcurrently(
            model_name="journal",
            index=models.Index(fields=["posted_at"], name="journals_by_time"),
        ),
    ]
