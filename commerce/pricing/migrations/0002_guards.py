"""Every price a variant ever had is written by the database and stays."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION pricing_write_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pricing_pricechange (variant_id, currency, amount_minor, actor, at)
    VALUES (
        NEW.variant_id, NEW.currency, NEW.amount_minor,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'), clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER price_first_change AFTER INSERT ON pricing_price
    FOR EACH ROW EXECUTE FUNCTION pricing_write_change();
CREATE TRIGGER price_change AFTER UPDATE ON pricing_price
    FOR EACH ROW WHEN (NEW.amount_minor <> OLD.amount_minor)
    EXECUTE FUNCTION pricing_write_change();

CREATE FUNCTION pricing_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER change_by_trigger BEFORE INSERT ON pricing_pricechange
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER change_append_only BEFORE UPDATE OR DELETE ON pricing_pricechange
    FOR EACH ROW EXECUTE FUNCTION pricing_append_only();
CREATE TRIGGER change_kept BEFORE TRUNCATE ON pricing_pricechange
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_append_only();
"""

BACKWARD = """
DROP TRIGGER change_kept ON pricing_pricechange;
DROP TRIGGER change_append_only ON pricing_pricechange;
DROP TRIGGER change_by_trigger ON pricing_pricechange;
DROP TRIGGER price_change ON pricing_price;
DROP TRIGGER price_first_change ON pricing_price;
DROP FUNCTION pricing_append_only();
DROP FUNCTION pricing_write_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
