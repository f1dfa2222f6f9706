"""No order takes money of a card that is void or blocked, whatever the code says."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION credits_spend_of_usable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM credits_credit
        WHERE id = NEW.credit_id AND (voided_at IS NOT NULL OR blocked_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'credit % is void or blocked', NEW.credit_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spend_of_usable BEFORE INSERT ON credits_spend
    FOR EACH ROW EXECUTE FUNCTION credits_spend_of_usable();
"""

BACKWARD = """
DROP TRIGGER spend_of_usable ON credits_spend;
DROP FUNCTION credits_spend_of_usable();
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0004_another_code")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
