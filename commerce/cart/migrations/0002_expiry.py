from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cart", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="cart",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("ordered", "Ordered"),
                    ("merged", "Merged"),
                    ("expired", "Expired"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="cart",
            index=models.Index(
                condition=Q(state="open", user=None),
                fields=["touched_at"],
                name="guest_carts_by_last_touch",
            ),
        ),
    ]
