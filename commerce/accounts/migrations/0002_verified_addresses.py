from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="address",
            name="is_verified",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Carriers know that parcels reach it.",
            ),
        ),
    ]
