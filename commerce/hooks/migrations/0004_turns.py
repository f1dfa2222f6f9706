"""Each address has turns of its own, and rests after slow ones and failures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hooks", "0003_keys_end_with_their_maker")]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="failures",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="In a row."),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="rests_until",
            field=models.DateTimeField(help_text="It is not called before.", null=True),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="busy_until",
            field=models.DateTimeField(help_text="A worker calls it at the moment.", null=True),
        ),
    ]
