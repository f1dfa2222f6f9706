"""Units that have a label of their own waiting are packed into no other parcel."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION fulfillment_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered orders_orderline;
    packed bigint;
    labeled bigint;
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
    SELECT coalesce(sum(l.quantity), 0) INTO labeled
        FROM fulfillment_labelline l JOIN fulfillment_label b ON b.id = l.label_id
        WHERE l.order_line_id = NEW.order_line_id AND b.state IN ('asked', 'bought', 'voiding')
            AND NOT EXISTS (SELECT FROM fulfillment_shipment s WHERE s.label_id = b.id);
    IF packed + labeled > ordered.quantity - ordered.canceled_quantity AND labeled > 0 THEN
        RAISE EXCEPTION 'order line % has % packed and % labeled of %', NEW.order_line_id, packed,
            labeled, ordered.quantity - ordered.canceled_quantity USING ERRCODE = 'check_violation';
    END IF;
    IF packed > ordered.quantity - ordered.canceled_quantity THEN
        RAISE EXCEPTION 'order line % has % of % to ship', NEW.order_line_id, packed,
            ordered.quantity - ordered.canceled_quantity USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION fulfillment_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0006_pick_up_carrier")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
