"""An order's address changes only before anything left, and each change is written down."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION orders_readdressed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ship_to IS NOT DISTINCT FROM OLD.ship_to THEN
        RETURN NULL;
    END IF;
    IF EXISTS (
        SELECT 1 FROM orders_sellerorder p JOIN orders_orderline l ON l.seller_order_id = p.id
        WHERE p.order_id = OLD.id AND l.shipped_quantity > 0
    ) THEN
        RAISE EXCEPTION 'order %: a parcel has left already', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO orders_addresschange (order_id, before, after, actor, cause, at)
    VALUES (
        OLD.id, OLD.ship_to, NEW.ship_to,
        COALESCE(NULLIF(current_setting('stoa.actor', true), ''), 'system'),
        COALESCE(current_setting('stoa.cause', true), ''), clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER order_readdressed AFTER UPDATE OF ship_to ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_readdressed();
CREATE TRIGGER address_change_append_only BEFORE UPDATE OR DELETE ON orders_addresschange
    FOR EACH ROW EXECUTE FUNCTION orders_kept();
CREATE TRIGGER address_changes_kept_all BEFORE TRUNCATE ON orders_addresschange
    FOR EACH STATEMENT EXECUTE FUNCTION orders_kept();
"""

BACKWARD = """
DROP TRIGGER address_changes_kept_all ON orders_addresschange;
DROP TRIGGER address_change_append_only ON orders_addresschange;
DROP TRIGGER order_readdressed ON orders_order;
DROP FUNCTION orders_readdressed();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_address_changes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
