"""A dispute is of one payment, is decided once and is kept."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_dispute_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.payment_id, NEW.provider_dispute) IS DISTINCT FROM (OLD.payment_id, OLD.provider_dispute)
    THEN
        RAISE EXCEPTION 'what dispute % is about is fixed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'open' AND (NEW.state, NEW.closed_at) IS DISTINCT FROM (OLD.state, OLD.closed_at)
    THEN
        RAISE EXCEPTION 'dispute % is decided', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_moves BEFORE UPDATE ON payments_dispute
    FOR EACH ROW EXECUTE FUNCTION payments_dispute_moves();
CREATE TRIGGER dispute_kept BEFORE DELETE ON payments_dispute
    FOR EACH ROW EXECUTE FUNCTION payments_kept();
CREATE TRIGGER disputes_kept_all BEFORE TRUNCATE ON payments_dispute
    FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();
"""

BACKWARD = """
DROP TRIGGER disputes_kept_all ON payments_dispute;
DROP TRIGGER dispute_kept ON payments_dispute;
DROP TRIGGER dispute_moves ON payments_dispute;
DROP FUNCTION payments_dispute_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0008_disputes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
