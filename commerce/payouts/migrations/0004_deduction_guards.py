"""Deductions are taken from earnings once, to the cent; a refused earning may leave its payout."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION payouts_earning_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an earning stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.payout_id IS NOT NULL OR NEW.provider_transfer IS NOT NULL
            OR NEW.deducted_minor <> 0 OR NEW.reserved_minor <> 0
        THEN
            RAISE EXCEPTION 'an earning is not born paid' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.seller_order_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM orders_sellerorder WHERE id = NEW.seller_order_id AND seller_id = NEW.seller_id
        ) THEN
            RAISE EXCEPTION 'seller order % is not of seller %', NEW.seller_order_id, NEW.seller_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.seller_id, NEW.seller_order_id, NEW.kind, NEW.business_key, NEW.currency,
            NEW.amount_minor, NEW.charge, NEW.created_at)
        IS DISTINCT FROM
        (OLD.seller_id, OLD.seller_order_id, OLD.kind, OLD.business_key, OLD.currency,
            OLD.amount_minor, OLD.charge, OLD.created_at)
    THEN
        RAISE EXCEPTION 'earning % is a record of a sale', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.provider_transfer IS NOT NULL AND NEW.provider_transfer IS DISTINCT FROM OLD.provider_transfer THEN
        RAISE EXCEPTION 'earning % was sent as %', OLD.id, OLD.provider_transfer USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.deducted_minor <> OLD.deducted_minor AND pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'earning %: deductions are taken by absorptions', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reserved_minor <> OLD.reserved_minor AND (OLD.reserved_minor <> 0 OR NEW.kind <> 'sale') THEN
        RAISE EXCEPTION 'earning %: a share is kept back once', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.payout_id IS NOT NULL THEN
        IF (NEW.deducted_minor, NEW.reserved_minor) IS DISTINCT FROM (OLD.deducted_minor, OLD.reserved_minor)
            OR NEW.payout_id IS NOT NULL
                AND (NEW.payout_id, NEW.available_at) IS DISTINCT FROM (OLD.payout_id, OLD.available_at)
            OR NEW.payout_id IS NULL AND NOT (
                OLD.provider_transfer IS NULL AND NEW.retry_at IS NOT NULL AND EXISTS (
                    SELECT FROM payouts_payout WHERE id = OLD.payout_id
                        AND state IN ('sending', 'failed') AND provider_payout IS NULL
                )
            )
        THEN
            RAISE EXCEPTION 'earning % belongs to payout %', OLD.id, OLD.payout_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF OLD.payout_id IS NULL AND NEW.payout_id IS NOT NULL THEN
        IF NEW.available_at IS NULL OR NEW.available_at > clock_timestamp() THEN
            RAISE EXCEPTION 'earning % is not available yet', OLD.id USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM payouts_payout WHERE id = NEW.payout_id AND seller_id = NEW.seller_id
                AND currency = NEW.currency AND state = 'created'
        ) THEN
            RAISE EXCEPTION 'payout % is not open for this earning', NEW.payout_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- A payout that leaves refused earnings behind becomes smaller by exactly those.
CREATE OR REPLACE FUNCTION payouts_payout_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a payout stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'created' OR NEW.provider_payout IS NOT NULL THEN
            RAISE EXCEPTION 'a payout is not born sent' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.seller_id, NEW.period, NEW.currency, NEW.created_at) IS DISTINCT FROM
        (OLD.seller_id, OLD.period, OLD.currency, OLD.created_at)
    THEN
        RAISE EXCEPTION 'payout % is fixed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.amount_minor <> OLD.amount_minor AND NOT (
        NEW.amount_minor < OLD.amount_minor AND OLD.state = 'sending' AND OLD.asked_at IS NULL
        AND OLD.provider_payout IS NULL
    ) THEN
        RAISE EXCEPTION 'payout % is fixed', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('created', 'sending'), ('sending', 'sent'), ('sending', 'failed'),
        ('failed', 'sending'), ('sent', 'failed')
    ) THEN
        RAISE EXCEPTION 'a payout cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'sent' AND NEW.state = 'sent' AND
        (NEW.provider_payout, NEW.sent_at) IS DISTINCT FROM (OLD.provider_payout, OLD.sent_at)
    THEN
        RAISE EXCEPTION 'payout % was sent as %', OLD.id, OLD.provider_payout USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'sent' AND OLD.state <> 'sent' AND EXISTS (
        SELECT FROM payouts_earning WHERE payout_id = NEW.id AND provider_transfer IS NULL
    ) THEN
        RAISE EXCEPTION 'payout % has earnings that were not transferred', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION payouts_sum_of_earnings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint;
    wanted bigint;
    found bigint;
BEGIN
    IF TG_TABLE_NAME = 'payouts_payout' THEN
        subject := NEW.id;
    ELSE
        subject := coalesce(NEW.payout_id, OLD.payout_id);
    END IF;
    SELECT amount_minor INTO wanted FROM payouts_payout WHERE id = subject;
    SELECT coalesce(sum(net_minor), 0) INTO found FROM payouts_earning WHERE payout_id = subject;
    IF wanted <> found THEN
        RAISE EXCEPTION 'payout % is % but its earnings are %', subject, wanted, found
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER payout_is_its_earnings ON payouts_payout;
DROP TRIGGER earnings_are_their_payout ON payouts_earning;
CREATE CONSTRAINT TRIGGER payout_is_its_earnings AFTER INSERT OR UPDATE OF amount_minor ON payouts_payout
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payouts_sum_of_earnings();
CREATE CONSTRAINT TRIGGER earnings_are_their_payout AFTER UPDATE OF payout_id ON payouts_earning
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.payout_id IS DISTINCT FROM OLD.payout_id)
    EXECUTE FUNCTION payouts_sum_of_earnings();

-- What is kept back of a sale is set aside anew, to the cent.
CREATE FUNCTION payouts_reserve_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong boolean;
BEGIN
    SELECT coalesce(sum(reserved_minor) FILTER (WHERE kind = 'sale'), 0)
        <> coalesce(sum(amount_minor) FILTER (WHERE kind = 'reserve'), 0)
    INTO wrong FROM payouts_earning WHERE seller_order_id = NEW.seller_order_id;
    IF wrong THEN
        RAISE EXCEPTION 'seller order %: what was kept back is not set aside', NEW.seller_order_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reserve_is_kept AFTER INSERT OR UPDATE OF reserved_minor ON payouts_earning
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind = 'reserve' OR NEW.reserved_minor > 0)
    EXECUTE FUNCTION payouts_reserve_is_kept();

CREATE FUNCTION payouts_deduction_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a deduction stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.recovered_minor <> 0 THEN
            RAISE EXCEPTION 'a deduction is not born recovered' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.seller_order_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM orders_sellerorder WHERE id = NEW.seller_order_id AND seller_id = NEW.seller_id
        ) THEN
            RAISE EXCEPTION 'seller order % is not of seller %', NEW.seller_order_id, NEW.seller_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.seller_id, NEW.seller_order_id, NEW.kind, NEW.business_key, NEW.currency,
            NEW.amount_minor, NEW.memo, NEW.created_at)
        IS DISTINCT FROM
        (OLD.seller_id, OLD.seller_order_id, OLD.kind, OLD.business_key, OLD.currency,
            OLD.amount_minor, OLD.memo, OLD.created_at)
        OR NEW.recovered_minor <> OLD.recovered_minor AND pg_trigger_depth() < 2
    THEN
        RAISE EXCEPTION 'deduction % is a record', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deduction_guard BEFORE INSERT OR UPDATE OR DELETE ON payouts_deduction
    FOR EACH ROW EXECUTE FUNCTION payouts_deduction_guard();

CREATE FUNCTION payouts_absorb() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was taken for deductions is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM payouts_deduction d JOIN payouts_earning e
            ON e.seller_id = d.seller_id AND e.currency = d.currency
        WHERE d.id = NEW.deduction_id AND e.id = NEW.earning_id
    ) THEN
        RAISE EXCEPTION 'deduction % and earning % are not of one seller and currency',
            NEW.deduction_id, NEW.earning_id USING ERRCODE = 'check_violation';
    END IF;
    UPDATE payouts_deduction SET recovered_minor = recovered_minor + NEW.amount_minor
    WHERE id = NEW.deduction_id;
    UPDATE payouts_earning SET deducted_minor = deducted_minor + NEW.amount_minor
    WHERE id = NEW.earning_id;
    RETURN NULL;
END $$;
CREATE TRIGGER absorb AFTER INSERT OR UPDATE OR DELETE ON payouts_absorption
    FOR EACH ROW EXECUTE FUNCTION payouts_absorb();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0003_deductions_and_terms"),
        ("orders", "0004_discount_guards"),
    ]
    operations = [migrations.RunSQL(FORWARD)]
