"""Money that was set aside for a seller is sent once, to that seller, and stays on record."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

EARNINGS = """
CREATE FUNCTION payouts_earning_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an earning stays on record' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.payout_id IS NOT NULL OR NEW.provider_transfer IS NOT NULL THEN
            RAISE EXCEPTION 'an earning is not born paid' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT FROM orders_sellerorder WHERE id = NEW.seller_order_id AND seller_id = NEW.seller_id
        ) THEN
            RAISE EXCEPTION 'seller order % is not of seller %', NEW.seller_order_id, NEW.seller_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.seller_id, NEW.seller_order_id, NEW.currency, NEW.amount_minor, NEW.charge, NEW.created_at)
        IS DISTINCT FROM
        (OLD.seller_id, OLD.seller_order_id, OLD.currency, OLD.amount_minor, OLD.charge, OLD.created_at)
    THEN
        RAISE EXCEPTION 'earning % is a record of a sale', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.payout_id IS NOT NULL AND
        (NEW.payout_id, NEW.available_at) IS DISTINCT FROM (OLD.payout_id, OLD.available_at)
    THEN
        RAISE EXCEPTION 'earning % belongs to payout %', OLD.id, OLD.payout_id USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.provider_transfer IS NOT NULL AND NEW.provider_transfer IS DISTINCT FROM OLD.provider_transfer THEN
        RAISE EXCEPTION 'earning % was sent as %', OLD.id, OLD.provider_transfer USING ERRCODE = 'check_violation';
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
CREATE TRIGGER earning_guard BEFORE INSERT OR UPDATE OR DELETE ON payouts_earning
    FOR EACH ROW EXECUTE FUNCTION payouts_earning_guard();
"""

PAYOUTS = """
CREATE FUNCTION payouts_payout_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF (NEW.seller_id, NEW.period, NEW.currency, NEW.amount_minor, NEW.created_at) IS DISTINCT FROM
        (OLD.seller_id, OLD.period, OLD.currency, OLD.amount_minor, OLD.created_at)
    THEN
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
CREATE TRIGGER payout_guard BEFORE INSERT OR UPDATE OR DELETE ON payouts_payout
    FOR EACH ROW EXECUTE FUNCTION payouts_payout_guard();

CREATE FUNCTION payouts_payout_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := '';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state = OLD.state THEN
            RETURN NULL;
        END IF;
        before := OLD.state;
    END IF;
    INSERT INTO payouts_payoutmove (payout_id, from_state, to_state, actor, at) VALUES (
        NEW.id, before, NEW.state,
        coalesce(nullif(current_setting('stoa.actor', true), ''), 'system'), clock_timestamp()
    );
    RETURN NULL;
END $$;
CREATE TRIGGER payout_moves AFTER INSERT OR UPDATE ON payouts_payout
    FOR EACH ROW EXECUTE FUNCTION payouts_payout_moves();

CREATE FUNCTION payouts_move_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of payouts is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER move_fixed BEFORE UPDATE OR DELETE ON payouts_payoutmove
    FOR EACH ROW EXECUTE FUNCTION payouts_move_fixed();
"""

SUMS = """
CREATE FUNCTION payouts_sum_of_earnings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint;
    found bigint;
    which bigint;
BEGIN
    IF TG_TABLE_NAME = 'payouts_payout' THEN
        which := NEW.id;
    ELSE
        which := NEW.payout_id;
    END IF;
    SELECT amount_minor INTO wanted FROM payouts_payout WHERE id = which;
    SELECT coalesce(sum(amount_minor), 0) INTO found FROM payouts_earning WHERE payout_id = which;
    IF wanted <> found THEN
        RAISE EXCEPTION 'payout % is % but its earnings are %', which, wanted, found
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_is_its_earnings AFTER INSERT ON payouts_payout
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payouts_sum_of_earnings();
CREATE CONSTRAINT TRIGGER earnings_are_their_payout AFTER UPDATE OF payout_id ON payouts_earning
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.payout_id IS NOT NULL AND OLD.payout_id IS NULL)
    EXECUTE FUNCTION payouts_sum_of_earnings();
"""

BACKWARD = """
DROP TRIGGER earnings_are_their_payout ON payouts_earning;
DROP TRIGGER payout_is_its_earnings ON payouts_payout;
DROP FUNCTION payouts_sum_of_earnings();
DROP TRIGGER move_fixed ON payouts_payoutmove;
DROP FUNCTION payouts_move_fixed();
DROP TRIGGER payout_moves ON payouts_payout;
DROP FUNCTION payouts_payout_moves();
DROP TRIGGER payout_guard ON payouts_payout;
DROP FUNCTION payouts_payout_guard();
DROP TRIGGER earning_guard ON payouts_earning;
DROP FUNCTION payouts_earning_guard();
"""

NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("payouts", "0001_initial"),
        ("sellers", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="asked_at",
            field=models.DateTimeField(null=True, help_text="When the provider was first asked."),
        ),
        migrations.AddField(
            model_name="payout",
            name="refusals",
            field=models.PositiveIntegerField(
                default=0, help_text="How often it said no; part of the key."
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="due_at",
            field=models.DateTimeField(db_default=NOW, help_text="When to try, or to look, again."),
        ),
        migrations.AddField(
            model_name="payout", name="arrived_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="earning",
            name="asked_at",
            field=models.DateTimeField(null=True, help_text="When the provider was first asked."),
        ),
        migrations.AddField(
            model_name="earning", name="refusals", field=models.PositiveIntegerField(default=0)
        ),
        migrations.CreateModel(
            name="PayoutMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_state", models.CharField(blank=True, max_length=10)),
                ("to_state", models.CharField(max_length=10)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField(db_default=NOW)),
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="payouts.payout",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(
                fields=["due_at"],
                condition=~models.Q(state="sent"),
                name="payouts_by_due_date",
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(fields=["seller", "-created_at"], name="payouts_of_seller"),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(fields=["charge"], name="earnings_of_charge"),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="sent")
                | models.Q(provider_payout__isnull=False, sent_at__isnull=False),
                name="sent_payout_has_its_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.CheckConstraint(
                condition=models.Q(provider_transfer__isnull=True) | models.Q(payout__isnull=False),
                name="transferred_by_a_payout",
            ),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.CheckConstraint(
                condition=models.Q(payout__isnull=True) | models.Q(available_at__isnull=False),
                name="paid_out_when_available",
            ),
        ),
        migrations.RunSQL(EARNINGS + PAYOUTS + SUMS, BACKWARD),
    ]
