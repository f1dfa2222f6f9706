"""Names are unique whatever their capitals; agreements and decisions are history."""

import django.db.models.functions.text
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION sellers_agreement_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a commission agreement is never changed; add a new one'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER agreement_fixed BEFORE UPDATE OR DELETE ON sellers_commissionagreement
    FOR EACH ROW EXECUTE FUNCTION sellers_agreement_fixed();

CREATE FUNCTION sellers_application_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'submitted' AND
        (NEW.state, NEW.seller_id) IS DISTINCT FROM (OLD.state, OLD.seller_id)
    THEN
        RAISE EXCEPTION 'application % was % already', OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER application_decided_once BEFORE UPDATE ON sellers_application
    FOR EACH ROW EXECUTE FUNCTION sellers_application_decided_once();
"""

BACKWARD = """
DROP TRIGGER application_decided_once ON sellers_application;
DROP FUNCTION sellers_application_decided_once();
DROP TRIGGER agreement_fixed ON sellers_commissionagreement;
DROP FUNCTION sellers_agreement_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("sellers", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="seller",
            name="suspension_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddConstraint(
            model_name="seller",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"), name="one_shop_per_name"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
