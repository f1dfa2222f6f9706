"""A part is "returned" only when nothing of it is to come and the shopper keeps nothing."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION orders_returned_keeps_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM orders_orderline WHERE seller_order_id = NEW.id
        AND quantity > canceled_quantity + returned_quantity + lost_quantity
    ) THEN
        RAISE EXCEPTION 'seller order %: something of it was not given back', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER returned_keeps_nothing AFTER UPDATE OF state ON orders_sellerorder
    FOR EACH ROW WHEN (NEW.state = 'returned' AND OLD.state <> 'returned')
    EXECUTE FUNCTION orders_returned_keeps_nothing();

-- Parts of which nothing was left, but whose last units were lost or canceled, stood still before.
UPDATE orders_sellerorder p SET state = 'returned', version = version + 1
WHERE state IN ('shipped', 'delivered') AND NOT EXISTS (
    SELECT FROM orders_orderline l WHERE l.seller_order_id = p.id
    AND l.quantity > l.canceled_quantity + l.returned_quantity + l.lost_quantity
);
"""
BACKWARD = """
DROP TRIGGER returned_keeps_nothing ON orders_sellerorder;
DROP FUNCTION orders_returned_keeps_nothing();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_finding")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
