"""A parcel belongs to the seller of its order, holds only lines of it, and no more than ordered."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION fulfillment_shipment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.seller_id, NEW.seller_order_id) IS DISTINCT FROM (OLD.seller_id, OLD.seller_order_id) THEN
            RAISE EXCEPTION 'shipment % cannot change hands', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.state = 'delivered' AND NEW.state <> 'delivered' THEN
            RAISE EXCEPTION 'shipment % was delivered', OLD.id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM orders_sellerorder WHERE id = NEW.seller_order_id AND seller_id = NEW.seller_id
    ) THEN
        RAISE EXCEPTION 'seller order % is not of seller %', NEW.seller_order_id, NEW.seller_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shipment_guard BEFORE INSERT OR UPDATE ON fulfillment_shipment
    FOR EACH ROW EXECUTE FUNCTION fulfillment_shipment_guard();

-- The ordered line is locked first, so that two parcels packed at once are counted one after the other.
CREATE FUNCTION fulfillment_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered orders_orderline;
    packed bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was packed stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT FROM fulfillment_shipment
        WHERE id = NEW.shipment_id AND seller_order_id = ordered.seller_order_id
    ) THEN
        RAISE EXCEPTION 'order line % is not part of this parcel''s order', NEW.order_line_id
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(quantity), 0) + NEW.quantity INTO packed
        FROM fulfillment_shipmentline WHERE order_line_id = NEW.order_line_id;
    IF packed > ordered.quantity - ordered.canceled_quantity THEN
        RAISE EXCEPTION 'order line % has % of % to ship', NEW.order_line_id, packed,
            ordered.quantity - ordered.canceled_quantity USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER line_guard BEFORE INSERT OR UPDATE OR DELETE ON fulfillment_shipmentline
    FOR EACH ROW EXECUTE FUNCTION fulfillment_line_guard();
"""

BACKWARD = """
DROP TRIGGER line_guard ON fulfillment_shipmentline;
DROP FUNCTION fulfillment_line_guard();
DROP TRIGGER shipment_guard ON fulfillment_shipment;
DROP FUNCTION fulfillment_shipment_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0001_initial"),
        ("orders", "0001_initial"),
        ("sellers", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="shipment",
            name="seller",
            # The table is empty at this point of history: no parcel needs a guess.
            field=models.ForeignKey(
                default=0,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sellers.seller",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="shipment",
            name="shipped_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
