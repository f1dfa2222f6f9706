"""A list prices its seller's own goods, and what everybody was offered by it is kept."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION pricing_list_price_is_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT seller_id FROM pricing_pricelist WHERE id = NEW.price_list_id) IS DISTINCT FROM (
        SELECT p.seller_id FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
        WHERE v.id = NEW.variant_id
    ) THEN
        RAISE EXCEPTION 'a list prices its own seller''s goods' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER list_price_is_own BEFORE INSERT OR UPDATE ON pricing_listprice
    FOR EACH ROW EXECUTE FUNCTION pricing_list_price_is_own();

CREATE FUNCTION pricing_write_list_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pricing_listpricechange (
        price_list_id, variant_id, currency, amount_minor, starts_at, ends_at, actor, at
    )
    SELECT l.id, NEW.variant_id, l.currency, NEW.amount_minor,
        greatest(coalesce(l.starts_at, '-infinity'), clock_timestamp()), l.ends_at,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'), clock_timestamp()
    FROM pricing_pricelist l
    WHERE l.id = NEW.price_list_id AND l.group_id IS NULL AND l.is_active AND NEW.min_quantity = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER list_price_change AFTER INSERT OR UPDATE ON pricing_listprice
    FOR EACH ROW EXECUTE FUNCTION pricing_write_list_change();
CREATE TRIGGER list_change_by_trigger BEFORE INSERT ON pricing_listpricechange
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER list_change_append_only BEFORE UPDATE OR DELETE ON pricing_listpricechange
    FOR EACH ROW EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER list_change_kept BEFORE TRUNCATE ON pricing_listpricechange
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_append_only();
"""

BACKWARD = """
DROP TRIGGER list_change_kept ON pricing_listpricechange;
DROP TRIGGER list_change_append_only ON pricing_listpricechange;
DROP TRIGGER list_change_by_trigger ON pricing_listpricechange;
DROP TRIGGER list_price_change ON pricing_listprice;
DROP TRIGGER list_price_is_own ON pricing_listprice;
DROP FUNCTION pricing_write_list_change();
DROP FUNCTION pricing_list_price_is_own();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing", "0006_price_lists")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
