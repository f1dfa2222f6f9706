"""A parcel that never came ends as lost; it may still turn up, and is never under way again."""

from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION fulfillment_parcel_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.label_id IS DISTINCT FROM OLD.label_id THEN
            RAISE EXCEPTION 'parcel % keeps its label', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state <> OLD.state AND NEW.state <> 'delivered'{lost} THEN
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
"""
LOST = """
            AND NOT (NEW.state = 'lost' AND OLD.state IN ('shipped', 'ready'))"""
# Before this, a granted loss left its parcels under way: those in which nothing else was.
GIVEN_UP = """
UPDATE fulfillment_shipment s SET state = 'lost', over_at = now()
WHERE s.state = 'shipped' AND NOT EXISTS (
    SELECT FROM fulfillment_shipmentline l JOIN orders_orderline o ON o.id = l.order_line_id
    WHERE l.shipment_id = s.id AND o.lost_quantity < (
        SELECT sum(m.quantity) FROM fulfillment_shipmentline m
        JOIN fulfillment_shipment other ON other.id = m.shipment_id
        WHERE m.order_line_id = o.id AND other.state IN ('shipped', 'ready')
    )
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fulfillment", "0007_labels_count_as_packed"),
        ("orders", "0009_finding"),
    ]

    operations = [
        migrations.AddField(
            model_name="shipment",
            name="over_at",
            field=models.DateTimeField(
                help_text="Of a lost parcel: when nothing in its place is waited for any more.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="state",
            field=models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("shipped", "Shipped"),
                    ("delivered", "Delivered"),
                    ("lost", "Lost"),
                ],
                default="shipped",
                max_length=10,
            ),
        ),
        migrations.RunSQL(GUARD.replace("{lost}", LOST), GUARD.replace("{lost}", "")),
        migrations.RunSQL(GIVEN_UP, migrations.RunSQL.noop),
    ]
