"""Secrets of addresses are sealed. A notice that old code still signs wrongly is sent again."""

from django.db import migrations, models


def seal(apps, schema_editor):
    from commerce.hooks.keeping import reseal

    reseal(apps.get_model("hooks", "Endpoint"))


class Migration(migrations.Migration):
    dependencies = [("hooks", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="endpoint",
            name="secret",
            field=models.TextField(help_text="Signs what is sent there; sealed."),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
