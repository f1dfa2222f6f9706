"""Refunds of an order, to its card and as credit, are together never more than it brought."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payments_order_gives_what_it_brought() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    subject varchar := CASE WHEN TG_TABLE_NAME = 'credits_credit' THEN to_jsonb(NEW) ->> 'order_token'
        ELSE (SELECT order_token FROM payments_payment
              WHERE id = (to_jsonb(NEW) ->> 'payment_id')::bigint) END;
    brought bigint;
    given bigint;
BEGIN
    IF TG_TABLE_NAME = 'credits_credit' AND to_jsonb(NEW) ->> 'source' <> 'refund' THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(captured_minor), 0), COALESCE(sum(refunded_minor), 0)
        INTO brought, given FROM payments_payment WHERE order_token = subject;
    brought := brought + (SELECT COALESCE(sum(amount_minor), 0) FROM credits_spend
        WHERE order_token = subject AND state = 'spent');
    given := given + (SELECT COALESCE(sum(issued_minor), 0) FROM credits_credit
        WHERE order_token = subject AND source = 'refund');
    IF given > brought THEN
        RAISE EXCEPTION 'order % brought % and would give back %', subject, brought, given
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- What somebody did in the provider's dashboard is a fact, however wrong it was.
CREATE CONSTRAINT TRIGGER refund_within_order AFTER INSERT ON payments_refund
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.business_key NOT LIKE 'found:%') EXECUTE FUNCTION payments_order_gives_what_it_brought();
CREATE CONSTRAINT TRIGGER refund_credit_within_order AFTER INSERT ON credits_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_order_gives_what_it_brought();
"""

BACKWARD = """
DROP TRIGGER refund_credit_within_order ON credits_credit;
DROP TRIGGER refund_within_order ON payments_refund;
DROP FUNCTION payments_order_gives_what_it_brought();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_decision_guards"), ("credits", "0002_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
