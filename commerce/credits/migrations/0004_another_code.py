"""A card whose mail went astray gets another code, hash and seed together; nothing else changes."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION credits_credit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.spent_minor <> 0 OR NEW.expired_minor <> 0 OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a credit begins whole' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.kind, NEW.source, NEW.business_key, NEW.currency, NEW.issued_minor,
        NEW.user_id, NEW.order_token, NEW.reason, NEW.issued_by, NEW.created_at)
        IS DISTINCT FROM
       (OLD.kind, OLD.source, OLD.business_key, OLD.currency, OLD.issued_minor,
        OLD.user_id, OLD.order_token, OLD.reason, OLD.issued_by, OLD.created_at)
        OR NEW.expired_minor < OLD.expired_minor
        OR ((NEW.code_hash IS DISTINCT FROM OLD.code_hash
                OR NEW.code_seed IS DISTINCT FROM OLD.code_seed)
            AND (OLD.kind <> 'gift_card' OR OLD.voided_at IS NOT NULL
                OR NEW.code_hash IS NOT DISTINCT FROM OLD.code_hash
                OR NEW.code_seed IS NOT DISTINCT FROM OLD.code_seed))
        OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)
    THEN
        RAISE EXCEPTION 'credit % was issued as it was', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION credits_credit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.spent_minor <> 0 OR NEW.expired_minor <> 0 OR NEW.voided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a credit begins whole' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.kind, NEW.source, NEW.business_key, NEW.currency, NEW.issued_minor, NEW.code_hash,
        NEW.code_seed, NEW.user_id, NEW.order_token, NEW.reason, NEW.issued_by, NEW.created_at)
        IS DISTINCT FROM
       (OLD.kind, OLD.source, OLD.business_key, OLD.currency, OLD.issued_minor, OLD.code_hash,
        OLD.code_seed, OLD.user_id, OLD.order_token, OLD.reason, OLD.issued_by, OLD.created_at)
        OR NEW.expired_minor < OLD.expired_minor
        OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)
    THEN
        RAISE EXCEPTION 'credit % was issued as it was', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_purchased")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
