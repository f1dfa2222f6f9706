"""A return keeps with which label its parcel went; that is said once."""

from django.db import migrations, models

FORWARD = """
CREATE OR REPLACE FUNCTION returns_label_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
        IF NEW.used_at IS DISTINCT FROM OLD.used_at
            AND (OLD.used_at IS NOT NULL OR OLD.removed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'whether label % of a return was used is said once', OLD.id
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
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION returns_label_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("returns", "0009_label_payers")]

    operations = [
        migrations.AddField(
            model_name="returnlabel",
            name="used_at",
            field=models.DateTimeField(
                help_text="When the shopper said that the parcel goes with it.", null=True
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
