"""Uses of a promotion are counted where they are written, and a customer's by slots."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION pricing_pick_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed integer := (SELECT max_per_customer FROM pricing_promotion WHERE id = NEW.promotion_id);
BEGIN
    NEW.slot := NULL;
    IF allowed IS NOT NULL THEN
        SELECT min(free) INTO NEW.slot FROM generate_series(1, least(allowed, 10000)) AS free
        WHERE NOT EXISTS (
            SELECT 1 FROM pricing_redemption r
            WHERE r.promotion_id = NEW.promotion_id AND r.released_at IS NULL AND r.slot = free
              AND (r.customer_key = NEW.customer_key OR r.user_id = NEW.user_id)
        );
        IF NEW.slot IS NULL THEN
            RAISE EXCEPTION 'promotion % is used up for this customer', NEW.promotion_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'never_used_more_per_customer';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER redemption_slot BEFORE INSERT ON pricing_redemption
    FOR EACH ROW EXECUTE FUNCTION pricing_pick_slot();

CREATE FUNCTION pricing_count_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pricing_promotion SET used = used + CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
    WHERE id = NEW.promotion_id AND max_uses IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER redemption_counted AFTER INSERT ON pricing_redemption
    FOR EACH ROW WHEN (NEW.released_at IS NULL) EXECUTE FUNCTION pricing_count_use();
CREATE TRIGGER redemption_given_back AFTER UPDATE ON pricing_redemption
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL)
    EXECUTE FUNCTION pricing_count_use();

CREATE FUNCTION pricing_redemption_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'a redemption is only ever released, once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER redemption_kept BEFORE UPDATE ON pricing_redemption
    FOR EACH ROW WHEN (
        OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
        OR (OLD.promotion_id, OLD.order_token, OLD.customer_key, OLD.amount_minor, OLD.currency)
            IS DISTINCT FROM
           (NEW.promotion_id, NEW.order_token, NEW.customer_key, NEW.amount_minor, NEW.currency)
        OR (OLD.user_id, OLD.slot) IS DISTINCT FROM (NEW.user_id, NEW.slot)
    ) EXECUTE FUNCTION pricing_redemption_kept();
CREATE TRIGGER redemption_stays BEFORE DELETE ON pricing_redemption
    FOR EACH ROW EXECUTE FUNCTION pricing_redemption_kept();
CREATE TRIGGER redemptions_stay BEFORE TRUNCATE ON pricing_redemption
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_redemption_kept();
"""

BACKWARD = """
DROP TRIGGER redemptions_stay ON pricing_redemption;
DROP TRIGGER redemption_stays ON pricing_redemption;
DROP TRIGGER redemption_kept ON pricing_redemption;
DROP TRIGGER redemption_given_back ON pricing_redemption;
DROP TRIGGER redemption_counted ON pricing_redemption;
DROP TRIGGER redemption_slot ON pricing_redemption;
DROP FUNCTION pricing_redemption_kept();
DROP FUNCTION pricing_count_use();
DROP FUNCTION pricing_pick_slot();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing", "0003_promotions")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
