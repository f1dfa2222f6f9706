"""An order may be confirmed on reserved money; nothing of it leaves before it is taken."""

from django.db import migrations, models
from django.db.models import Q

FORWARD = """
-- What was given up of an order before its money was taken.
CREATE FUNCTION orders_uncharged(subject bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT coalesce(sum(a.refund_minor), 0)::bigint
    FROM orders_adjustment a JOIN orders_sellerorder p ON p.id = a.seller_order_id
    WHERE p.order_id = subject AND a.uncharged
$$;

CREATE OR REPLACE FUNCTION orders_confirmed_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    o orders_order;
    due bigint;
BEGIN
    SELECT * INTO o FROM orders_order WHERE id = NEW.id;
    IF o.state <> 'confirmed' THEN
        RETURN NULL;
    END IF;
    due := o.total_minor - o.credit_minor
        - CASE WHEN o.charged_at IS NULL THEN 0 ELSE orders_uncharged(o.id) END;
    IF due > 0 AND NOT EXISTS (
        SELECT 1 FROM payments_payment p
        WHERE p.order_token = o.token AND p.currency = o.currency AND CASE
            WHEN o.awaits_capture THEN p.state = 'authorized' AND p.amount_minor = due
            WHEN o.charged_at IS NULL THEN p.state = 'captured' AND p.captured_minor = due
            -- What was given up while the money was being taken goes back.
            ELSE p.state = 'captured' AND p.captured_minor - p.refunded_minor <= due
                AND p.captured_minor BETWEEN due AND o.total_minor - o.credit_minor
        END
    ) THEN
        RAISE EXCEPTION 'order % is not paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER confirmed_is_paid ON orders_order;
CREATE CONSTRAINT TRIGGER confirmed_is_paid
    AFTER INSERT OR UPDATE OF state, awaits_capture ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_confirmed_is_paid();

CREATE FUNCTION orders_capture_is_awaited_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.awaits_capture AND NOT OLD.awaits_capture AND OLD.state <> 'pending')
        OR (OLD.charged_at IS NOT NULL AND NEW.charged_at IS DISTINCT FROM OLD.charged_at)
        OR (NEW.charged_at IS NOT NULL AND OLD.charged_at IS NULL AND NOT OLD.awaits_capture)
    THEN
        RAISE EXCEPTION 'order %: its money is taken once', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER capture_is_awaited_once BEFORE UPDATE OF awaits_capture, charged_at ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_capture_is_awaited_once();

-- Never ship unpaid.
CREATE FUNCTION orders_sent_is_charged() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part bigint := CASE WHEN TG_TABLE_NAME = 'orders_sellerorder'
        THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(NEW) ->> 'seller_order_id')::bigint END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
        WHERE p.id = part AND o.awaits_capture
    ) THEN
        RAISE EXCEPTION 'part % is not charged yet, so nothing of it can leave', part
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sent_is_charged AFTER UPDATE OF state ON orders_sellerorder
    FOR EACH ROW WHEN (NEW.state IN ('shipped', 'delivered', 'returned'))
    EXECUTE FUNCTION orders_sent_is_charged();
CREATE TRIGGER sent_is_charged AFTER UPDATE OF shipped_quantity ON orders_orderline
    FOR EACH ROW WHEN (NEW.shipped_quantity > OLD.shipped_quantity)
    EXECUTE FUNCTION orders_sent_is_charged();

-- What is given up while the money waits is not charged, and what is given back after is.
CREATE FUNCTION orders_uncharged_while_awaited() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.uncharged IS DISTINCT FROM (
        SELECT o.awaits_capture FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
        WHERE p.id = NEW.seller_order_id
    ) THEN
        RAISE EXCEPTION 'adjustment of part %: money that is not taken is not given back',
            NEW.seller_order_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER uncharged_while_awaited AFTER INSERT ON orders_adjustment
    FOR EACH ROW EXECUTE FUNCTION orders_uncharged_while_awaited();
"""

BACKWARD = """
DROP TRIGGER uncharged_while_awaited ON orders_adjustment;
DROP FUNCTION orders_uncharged_while_awaited();
DROP TRIGGER sent_is_charged ON orders_orderline;
DROP TRIGGER sent_is_charged ON orders_sellerorder;
DROP FUNCTION orders_sent_is_charged();
DROP TRIGGER capture_is_awaited_once ON orders_order;
DROP FUNCTION orders_capture_is_awaited_once();
DROP TRIGGER confirmed_is_paid ON orders_order;
CREATE OR REPLACE FUNCTION orders_confirmed_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM orders_order o
        WHERE o.id = NEW.id AND o.state = 'confirmed' AND o.total_minor > o.credit_minor AND NOT EXISTS (
            SELECT 1 FROM payments_payment p
            WHERE p.order_token = o.token AND p.state = 'captured'
              AND p.captured_minor = o.total_minor - o.credit_minor AND p.currency = o.currency
        )
    ) THEN
        RAISE EXCEPTION 'order % is not paid', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER confirmed_is_paid AFTER INSERT OR UPDATE OF state ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_confirmed_is_paid();
DROP FUNCTION orders_uncharged(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_returned_keeps_nothing"), ("payments", "0015_captures")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="awaits_capture",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Confirmed on reserved money that is not taken yet: nothing may leave.",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="charged_at",
            field=models.DateTimeField(
                help_text="When reserved money was taken; empty when it was paid at once.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="uncharged",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Given up before the money was taken: less is taken, and nothing is "
                "booked.",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=Q(awaits_capture=False) | Q(state="confirmed", credit_minor=0),
                name="only_confirmed_orders_await_capture",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
