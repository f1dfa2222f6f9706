"""An order's credit is what it took from gift cards and store credit, held or spent as it stands."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION checkout_credit_adds_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    subject varchar := CASE WHEN TG_TABLE_NAME = 'orders_order'
        THEN to_jsonb(NEW) ->> 'token' ELSE to_jsonb(NEW) ->> 'order_token' END;
    credit bigint;
    stands varchar;
    taken bigint;
    wrong bigint;
BEGIN
    SELECT credit_minor, state INTO credit, stands FROM orders_order WHERE token = subject;
    SELECT COALESCE(sum(s.amount_minor), 0), count(*) FILTER (WHERE NOT CASE stands
            WHEN 'pending' THEN s.state = 'held'
            WHEN 'confirmed' THEN s.state = 'spent'
            ELSE s.state <> 'held' END)
        INTO taken, wrong FROM credits_spend s WHERE s.order_token = subject;
    IF credit IS DISTINCT FROM taken OR wrong > 0 THEN
        RAISE EXCEPTION 'order % says % was paid by credit, but % was taken, % in the wrong state',
            subject, credit, taken, wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_credit_adds_up AFTER INSERT OR UPDATE OF state ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION checkout_credit_adds_up();
CREATE CONSTRAINT TRIGGER spend_is_its_orders AFTER INSERT OR UPDATE ON credits_spend
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION checkout_credit_adds_up();
"""

BACKWARD = """
DROP TRIGGER spend_is_its_orders ON credits_spend;
DROP TRIGGER order_credit_adds_up ON orders_order;
DROP FUNCTION checkout_credit_adds_up();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0003_credit"),
        ("credits", "0002_guards"),
        ("orders", "0004_discount_guards"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
