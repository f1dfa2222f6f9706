from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

PAYERS = [("seller", "The seller"), ("marketplace", "The marketplace"), ("shopper", "The shopper")]


class Migration(migrations.Migration):
    atomic = False  # the table of terms grows with every order: it is read without a lock on it

    dependencies = [("returns", "0008_labels_take_turns")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="label_payer",
            field=models.CharField(
                blank=True,
                choices=PAYERS,
                db_default="",
                default="",
                help_text="Who pays the label for what comes back. Empty: as a more general policy says, else the seller. What was faulty the seller pays in any case; of what the shopper pays its price is taken off the refund.",
                max_length=11,
            ),
        ),
        migrations.AddField(
            model_name="lineterms",
            name="label_payer",
            field=models.CharField(
                choices=PAYERS, db_default="seller", default="seller", max_length=11
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("label_payer__in", ["", "seller", "marketplace", "shopper"])),
                name="policy_names_a_known_payer",
            ),
        ),
        AddConstraintNotValid(
            model_name="lineterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("label_payer__in", ["seller", "marketplace", "shopper"])),
                name="terms_name_a_known_payer",
            ),
        ),
        ValidateConstraint(model_name="lineterms", name="terms_name_a_known_payer"),
    ]
