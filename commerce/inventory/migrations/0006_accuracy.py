"""The accuracy of a count is no money: its name shall not end as amounts and rates do."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_batches_counts_alerts")]

    operations = [
        migrations.RenameField("countsheet", "accuracy_bps", "accuracy"),
        migrations.AlterField(
            model_name="countsheet",
            name="accuracy",
            field=models.PositiveIntegerField(
                help_text="Ten-thousandths of the expected units that were found as recorded.",
                null=True,
            ),
        ),
    ]
