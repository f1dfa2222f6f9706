from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("returns", "0007_return_label_guards")]

    operations = [
        migrations.AddField(
            model_name="returnlabel",
            name="tried_at",
            field=models.DateTimeField(null=True, help_text="When it was last to be given back."),
        ),
    ]
