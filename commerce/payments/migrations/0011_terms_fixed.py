"""How an attempt may be paid is fixed with its key, and so is how long a bank is waited for."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_terms_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.terms IS DISTINCT FROM OLD.terms
       OR (OLD.pay_by IS NOT NULL AND NEW.pay_by IS DISTINCT FROM OLD.pay_by) THEN
        RAISE EXCEPTION 'how attempt % is paid is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_terms_fixed BEFORE UPDATE OF terms, pay_by ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_terms_fixed();
"""

BACKWARD = """
DROP TRIGGER payment_terms_fixed ON payments_payment;
DROP FUNCTION payments_terms_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0010_terms")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
