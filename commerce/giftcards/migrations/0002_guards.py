"""A purchase moves along its graph, what was asked for is fixed, and each move is on record."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION giftcards_purchase_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' THEN
            RAISE EXCEPTION 'a purchase begins unpaid' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.token, NEW.fingerprint, NEW.currency, NEW.amount_minor, NEW.user_id, NEW.principal,
        NEW.sender_email, NEW.message, NEW.deliver_on, NEW.created_at)
        IS DISTINCT FROM
       (OLD.token, OLD.fingerprint, OLD.currency, OLD.amount_minor, OLD.user_id, OLD.principal,
        OLD.sender_email, OLD.message, OLD.deliver_on, OLD.created_at)
        OR (OLD.credit_id IS NOT NULL AND NEW.credit_id IS DISTINCT FROM OLD.credit_id)
        OR (OLD.paid_at IS NOT NULL AND NEW.paid_at IS DISTINCT FROM OLD.paid_at)
        OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
    THEN
        RAISE EXCEPTION 'purchase % was asked for as it was', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('pending', 'paid'), ('pending', 'canceled'), ('paid', 'refunded')
    ) THEN
        RAISE EXCEPTION 'illegal move of purchase %: % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER purchase_moves BEFORE INSERT OR UPDATE ON giftcards_purchase
    FOR EACH ROW EXECUTE FUNCTION giftcards_purchase_moves();

CREATE FUNCTION giftcards_purchase_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO giftcards_purchasemove (
        purchase_id, from_state, to_state, actor, cause, request_id, at
    ) VALUES (
        NEW.id, CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.state END, NEW.state,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'),
        coalesce(current_setting('stoa.cause', true), ''),
        coalesce(current_setting('stoa.request', true), ''),
        clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER purchase_begun AFTER INSERT ON giftcards_purchase
    FOR EACH ROW EXECUTE FUNCTION giftcards_purchase_moved();
CREATE TRIGGER purchase_moved AFTER UPDATE OF state ON giftcards_purchase
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION giftcards_purchase_moved();

CREATE FUNCTION giftcards_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is kept for ever', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER purchase_kept BEFORE DELETE ON giftcards_purchase
    FOR EACH ROW EXECUTE FUNCTION giftcards_kept();
CREATE TRIGGER purchases_kept_all BEFORE TRUNCATE ON giftcards_purchase
    FOR EACH STATEMENT EXECUTE FUNCTION giftcards_kept();
CREATE TRIGGER purchase_move_kept BEFORE UPDATE OR DELETE ON giftcards_purchasemove
    FOR EACH ROW EXECUTE FUNCTION giftcards_kept();
CREATE TRIGGER purchase_moves_kept_all BEFORE TRUNCATE ON giftcards_purchasemove
    FOR EACH STATEMENT EXECUTE FUNCTION giftcards_kept();
"""

BACKWARD = """
DROP TRIGGER purchase_moves_kept_all ON giftcards_purchasemove;
DROP TRIGGER purchase_move_kept ON giftcards_purchasemove;
DROP TRIGGER purchases_kept_all ON giftcards_purchase;
DROP TRIGGER purchase_kept ON giftcards_purchase;
DROP FUNCTION giftcards_kept();
DROP TRIGGER purchase_moved ON giftcards_purchase;
DROP TRIGGER purchase_begun ON giftcards_purchase;
DROP FUNCTION giftcards_purchase_moved();
DROP TRIGGER purchase_moves ON giftcards_purchase;
DROP FUNCTION giftcards_purchase_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("giftcards", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
