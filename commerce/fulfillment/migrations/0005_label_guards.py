"""A label is for open units of its seller's part, is used by one parcel, and ends once.

Ways to ship that named countries get a zone of the same reach, and every seller a
plan of when it hands parcels over.
"""

from django.db import migrations

TO_ZONES = """
INSERT INTO fulfillment_zone (seller_id, name, places)
SELECT DISTINCT ON (seller_id, name) seller_id, name, countries FROM (
    SELECT seller_id, countries, CASE WHEN cardinality(countries) <= 8
        THEN array_to_string(countries, ', ') ELSE 'Places of ' || left(name, 50) END AS name
    FROM fulfillment_shippingmethod WHERE cardinality(countries) > 0
) AS reach ORDER BY seller_id, name;
UPDATE fulfillment_shippingmethod m SET zone_id = z.id FROM fulfillment_zone z
WHERE z.seller_id = m.seller_id AND cardinality(m.countries) > 0 AND z.places = m.countries
    AND z.name = CASE WHEN cardinality(m.countries) <= 8
        THEN array_to_string(m.countries, ', ') ELSE 'Places of ' || left(m.name, 50) END;
INSERT INTO fulfillment_dispatch (seller_id, country, time_zone, handling_days, cutoff,
    working_days, closed_days, origin)
SELECT id, country, 'UTC', 1, '14:00', '{0,1,2,3,4}', '{}', '{}' FROM sellers_seller;
"""

FROM_ZONES = """
UPDATE fulfillment_shippingmethod SET zone_id = NULL;
DELETE FROM fulfillment_zone;
DELETE FROM fulfillment_dispatch;
"""

FORWARD = """
CREATE FUNCTION fulfillment_label_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'labels stay on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' OR NOT EXISTS (
            SELECT FROM orders_sellerorder WHERE id = NEW.seller_order_id
                AND seller_id = NEW.seller_id AND state IN ('confirmed', 'processing')
        ) THEN
            RAISE EXCEPTION 'seller order % of seller % takes no label', NEW.seller_order_id,
                NEW.seller_id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.key, NEW.seller_id, NEW.seller_order_id) IS DISTINCT FROM
        (OLD.key, OLD.seller_id, OLD.seller_order_id)
        OR (OLD.cost_minor IS NOT NULL AND (NEW.cost_minor, NEW.tracking_number)
            IS DISTINCT FROM (OLD.cost_minor, OLD.tracking_number)) THEN
        RAISE EXCEPTION 'label % cannot become another', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('asked', 'bought'), ('asked', 'failed'), ('bought', 'voiding'),
        ('voiding', 'voided'), ('voiding', 'bought')
    ) THEN
        RAISE EXCEPTION 'label % is % and cannot become %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'voiding' AND OLD.state <> 'voiding'
        AND EXISTS (SELECT FROM fulfillment_shipment WHERE label_id = NEW.id) THEN
        RAISE EXCEPTION 'label % is on a parcel that left', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER label_guard BEFORE INSERT OR UPDATE OR DELETE ON fulfillment_label
    FOR EACH ROW EXECUTE FUNCTION fulfillment_label_guard();

-- Locks the ordered line as packing does: labels and parcels are counted one after the other.
CREATE FUNCTION fulfillment_labelline_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered orders_orderline;
    labeled bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what a label is for stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT FROM fulfillment_label
        WHERE id = NEW.label_id AND seller_order_id = ordered.seller_order_id
    ) THEN
        RAISE EXCEPTION 'order line % is not part of this label''s order', NEW.order_line_id
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(l.quantity), 0) + NEW.quantity INTO labeled
        FROM fulfillment_labelline l JOIN fulfillment_label b ON b.id = l.label_id
        WHERE l.order_line_id = NEW.order_line_id AND b.state IN ('asked', 'bought', 'voiding')
            AND NOT EXISTS (SELECT FROM fulfillment_shipment s WHERE s.label_id = b.id);
    IF labeled > ordered.quantity - ordered.canceled_quantity - ordered.shipped_quantity THEN
        RAISE EXCEPTION 'order line % has labels for % of % open units', NEW.order_line_id, labeled,
            ordered.quantity - ordered.canceled_quantity - ordered.shipped_quantity
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER labelline_guard BEFORE INSERT OR UPDATE OR DELETE ON fulfillment_labelline
    FOR EACH ROW EXECUTE FUNCTION fulfillment_labelline_guard();

CREATE FUNCTION fulfillment_parcel_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.label_id IS DISTINCT FROM OLD.label_id THEN
            RAISE EXCEPTION 'parcel % keeps its label', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state <> OLD.state AND NEW.state <> 'delivered' THEN
            RAISE EXCEPTION 'parcel % is % and cannot become %', OLD.id, OLD.state, NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.label_id IS NOT NULL THEN
        PERFORM FROM fulfillment_label WHERE id = NEW.label_id
            AND seller_order_id = NEW.seller_order_id AND state = 'bought' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'label % is not a bought one of this order', NEW.label_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER parcel_guard BEFORE INSERT OR UPDATE ON fulfillment_shipment
    FOR EACH ROW EXECUTE FUNCTION fulfillment_parcel_guard();

CREATE FUNCTION fulfillment_tracking_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a carrier said stays on record' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tracking_is_kept BEFORE UPDATE OR DELETE ON fulfillment_trackingevent
    FOR EACH ROW EXECUTE FUNCTION fulfillment_tracking_is_kept();
"""

BACKWARD = """
DROP TRIGGER tracking_is_kept ON fulfillment_trackingevent;
DROP FUNCTION fulfillment_tracking_is_kept();
DROP TRIGGER parcel_guard ON fulfillment_shipment;
DROP FUNCTION fulfillment_parcel_guard();
DROP TRIGGER labelline_guard ON fulfillment_labelline;
DROP FUNCTION fulfillment_labelline_guard();
DROP TRIGGER label_guard ON fulfillment_label;
DROP FUNCTION fulfillment_label_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0004_zones_labels_tracking"),
        ("orders", "0002_guards"),
        ("sellers", "0002_guards"),
    ]

    operations = [
        migrations.RunSQL(TO_ZONES, FROM_ZONES),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
