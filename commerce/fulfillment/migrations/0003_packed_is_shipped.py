"""What parcels hold is what the order counts as shipped, looked at when the transaction commits."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION fulfillment_packed_is_shipped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    packed bigint;
    shipped bigint;
BEGIN
    SELECT sum(quantity) INTO packed
        FROM fulfillment_shipmentline WHERE order_line_id = NEW.order_line_id;
    SELECT shipped_quantity INTO shipped FROM orders_orderline WHERE id = NEW.order_line_id;
    IF packed <> shipped THEN
        RAISE EXCEPTION 'order line %: % packed but % shipped', NEW.order_line_id, packed, shipped
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER packed_is_shipped AFTER INSERT ON fulfillment_shipmentline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fulfillment_packed_is_shipped();
"""

BACKWARD = """
DROP TRIGGER packed_is_shipped ON fulfillment_shipmentline;
DROP FUNCTION fulfillment_packed_is_shipped();
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0002_guards"), ("orders", "0002_guards")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
