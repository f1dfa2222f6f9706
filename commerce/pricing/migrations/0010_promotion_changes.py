"""What everybody was given by promotions without a code, and from when until when, is kept."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
INSERT INTO pricing_promotionchange (
    promotion_id, is_on, terms, starts_at, ends_at, actor, at
)
SELECT id,
    is_active AND code = '' AND group_ids = '{}' AND NOT first_order
        AND kind IN ('percentage', 'fixed'),
    to_jsonb(pricing_promotion) - 'used', greatest(starts_at, created_at), ends_at, 'system',
    created_at
FROM pricing_promotion ORDER BY id;

CREATE FUNCTION pricing_write_promotion_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'used' = to_jsonb(OLD) - 'used' THEN
        RETURN NULL;
    END IF;
    INSERT INTO pricing_promotionchange (
        promotion_id, is_on, terms, starts_at, ends_at, actor, at
    ) VALUES (
        NEW.id,
        NEW.is_active AND NEW.code = '' AND NEW.group_ids = '{}' AND NOT NEW.first_order
            AND NEW.kind IN ('percentage', 'fixed'),
        to_jsonb(NEW) - 'used', greatest(NEW.starts_at, clock_timestamp()), NEW.ends_at,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'), clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER promotion_change AFTER INSERT OR UPDATE OF
    seller_id, label, code, kind, percent_bps, amount_minor, currency, buy, get, least_minor,
    first_order, seller_ids, product_ids, category_keys, group_ids, starts_at, ends_at, is_active,
    max_uses, max_per_customer, priority, stackable
    ON pricing_promotion FOR EACH ROW EXECUTE FUNCTION pricing_write_promotion_change();
CREATE TRIGGER promotion_change_by_trigger BEFORE INSERT ON pricing_promotionchange
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER promotion_change_append_only BEFORE UPDATE OR DELETE ON pricing_promotionchange
    FOR EACH ROW EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER promotion_change_kept BEFORE TRUNCATE ON pricing_promotionchange
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_append_only();
"""

BACKWARD = """
DROP TRIGGER promotion_change_kept ON pricing_promotionchange;
DROP TRIGGER promotion_change_append_only ON pricing_promotionchange;
DROP TRIGGER promotion_change_by_trigger ON pricing_promotionchange;
DROP TRIGGER promotion_change ON pricing_promotion;
DROP FUNCTION pricing_write_promotion_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing", "0009_tax_class_choices")]

    operations = [
        migrations.CreateModel(
            name="PromotionChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "promotion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pricing.promotion",
                    ),
                ),
                (
                    "is_on",
                    models.BooleanField(
                        help_text="Switched on, and taken off one piece for everybody who buys it."
                    ),
                ),
                ("terms", models.JSONField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
