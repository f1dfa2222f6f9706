from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="card",
            index=models.Index(
                fields=["locale", "currency", "-popularity", "-id"], name="card_popular"
            ),
        ),
    ]
