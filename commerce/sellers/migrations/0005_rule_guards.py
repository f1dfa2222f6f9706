"""What a plan costs and a rule takes is fixed; both may only end."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION sellers_rule_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.valid_from <= clock_timestamp() THEN
            RAISE EXCEPTION 'commission rule % has been in force; end it', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until'
        OR OLD.valid_until <= clock_timestamp()
    THEN
        RAISE EXCEPTION 'commission rule % is never changed; end it and add a new one', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_fixed BEFORE UPDATE OR DELETE ON sellers_commissionrule
    FOR EACH ROW EXECUTE FUNCTION sellers_rule_fixed();

CREATE FUNCTION sellers_subscription_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'paid_until' - 'ends_at' IS DISTINCT FROM to_jsonb(OLD) - 'paid_until' - 'ends_at'
        OR NEW.paid_until < OLD.paid_until
    THEN
        RAISE EXCEPTION 'subscription % stays as it was agreed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subscription_fixed BEFORE UPDATE OR DELETE ON sellers_subscription
    FOR EACH ROW EXECUTE FUNCTION sellers_subscription_fixed();
"""

BACKWARD = """
DROP TRIGGER subscription_fixed ON sellers_subscription;
DROP FUNCTION sellers_subscription_fixed();
DROP TRIGGER rule_fixed ON sellers_commissionrule;
DROP FUNCTION sellers_rule_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("sellers", "0004_plans_and_rules")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
