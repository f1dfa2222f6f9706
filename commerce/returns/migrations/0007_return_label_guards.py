"""A return's label is one for what comes back of the return's own order, and stays on record."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION returns_label_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'labels of returns stay on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.case_id, NEW.label_id, NEW.file) IS DISTINCT FROM
            (OLD.case_id, OLD.label_id, OLD.file)
            OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS DISTINCT FROM OLD.removed_at) THEN
            RAISE EXCEPTION 'label % of a return cannot become another', OLD.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.label_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM fulfillment_label l JOIN returns_case c ON c.id = NEW.case_id
        WHERE l.id = NEW.label_id AND l.is_return AND l.seller_order_id = c.seller_order_id
    ) THEN
        RAISE EXCEPTION 'label % is not for what comes back of this return', NEW.label_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER return_label_guard BEFORE INSERT OR UPDATE OR DELETE ON returns_returnlabel
    FOR EACH ROW EXECUTE FUNCTION returns_label_guard();
"""

BACKWARD = """
DROP TRIGGER return_label_guard ON returns_returnlabel;
DROP FUNCTION returns_label_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0006_return_labels")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
