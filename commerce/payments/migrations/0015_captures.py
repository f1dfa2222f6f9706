"""Reserved money is taken once, at an amount that is fixed before the provider hears of it."""

from django.db import migrations, models
from django.db.models import F, Q

FORWARD = """
CREATE FUNCTION payments_capture_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.capture_minor IS NOT NULL AND NEW.capture_minor IS DISTINCT FROM OLD.capture_minor THEN
        RAISE EXCEPTION 'what is taken of payment % is fixed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.capture_by IS NOT NULL AND NEW.capture_by IS DISTINCT FROM OLD.capture_by THEN
        RAISE EXCEPTION 'payment %: its deadline was told to its shopper', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER capture_agreed BEFORE UPDATE OF capture_minor, capture_by ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_capture_agreed();
"""

BACKWARD = """
DROP TRIGGER capture_agreed ON payments_payment;
DROP FUNCTION payments_capture_agreed();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_charged_back_guard")]
    operations = [
        migrations.AddField(
            model_name="payment",
            name="capture_by",
            field=models.DateTimeField(
                help_text="When money that is reserved until all is ready is taken anyway.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="capture_minor",
            field=models.PositiveBigIntegerField(
                help_text="What of the reserved money is taken; fixed before the provider hears.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="renew_by",
            field=models.DateTimeField(
                help_text="The reserved money is gone; until when the order waits for other.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=Q(capture_minor=None)
                | Q(capture_minor__gt=0, capture_minor__lte=F("amount_minor")),
                name="capture_is_within_authorized",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=Q(capture_minor=None)
                | ~Q(state="captured")
                | Q(captured_minor=F("capture_minor")),
                name="captured_is_what_was_agreed",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
