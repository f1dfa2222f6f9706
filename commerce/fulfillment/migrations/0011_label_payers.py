from django.db import migrations, models

# Who pays a label is known before it is bought, and booked then.
FORWARD = """
CREATE FUNCTION fulfillment_payer_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'label % is paid by the %', OLD.id, OLD.payer USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER label_payer_fixed BEFORE UPDATE OF payer ON fulfillment_label
    FOR EACH ROW WHEN (NEW.payer IS DISTINCT FROM OLD.payer)
    EXECUTE FUNCTION fulfillment_payer_fixed();
"""

BACKWARD = """
DROP TRIGGER label_payer_fixed ON fulfillment_label;
DROP FUNCTION fulfillment_payer_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0010_return_labels")]

    operations = [
        migrations.AddField(
            model_name="label",
            name="payer",
            field=models.CharField(
                choices=[("seller", "Seller"), ("marketplace", "Marketplace")],
                db_default="seller",
                default="seller",
                help_text="Whom its cost is booked to.",
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payer", "seller"),
                    models.Q(("is_return", True), ("payer", "marketplace")),
                    _connector="OR",
                ),
                name="marketplace_pays_only_for_what_comes_back",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
