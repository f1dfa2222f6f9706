from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: list = []

    operations = [
        migrations.CreateModel(
            name="StaffRights",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "marketplace",
                "permissions": (
                    ("decide_applications", "Can approve and reject applications to sell"),
                    ("manage_sellers", "Can suspend and trust sellers and agree commissions"),
                    ("view_orders", "Can look at every order"),
                    ("manage_payouts", "Can run payouts and try failed ones again"),
                    ("review_payments", "Can look at payments that need a person"),
                    ("view_ledger", "Can look at the ledger"),
                    ("check_invariants", "Can check what must always hold"),
                    ("manage_shipping", "Can keep carriers and look at ways to ship"),
                    ("manage_tax", "Can keep tax rates"),
                ),
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
