"""A network is many people: at the start of a checkout its share refuses nobody, and what it paid counts.

And orders that were left unpaid count as given up, too: otherwise one order after another, never
paid, could keep a shelf empty for ever.
"""

from importlib import import_module

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

STARTED = import_module("commerce.inventory.migrations.0012_holds_of_checkouts")
BEFORE = import_module("commerce.inventory.migrations.0015_checkouts_given_up")

GAVE_UP = """
-- Whether a principal gave up two more carts with one of these SKUs than it paid: orders that were
-- left unpaid within six hours, and, where asked for, checkouts that ended within the hour.
CREATE FUNCTION inventory_gave_up(
    p_principal text, p_but text, p_variants bigint[], p_checkouts boolean
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(bool_or(sku.unpaid >= 2 + sku.paid), false)
    FROM (
        SELECT
            count(DISTINCT ended.cart) FILTER (WHERE ended.state <> 'claimed') AS unpaid,
            count(DISTINCT ended.cart) FILTER (WHERE ended.state = 'claimed') AS paid
        FROM (
            SELECT s.variant_id, r.state, coalesce(nullif(r.taken_from, ''), r.holder) AS cart
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE r.principal = p_principal AND r.principal <> '' AND r.state <> 'active'
                AND r.created_at > statement_timestamp() - interval '6 hours'
                AND r.holder NOT LIKE 'cart:%' AND (r.holder NOT LIKE 'checkout:%' OR (
                    p_checkouts AND r.created_at > statement_timestamp() - interval '60 minutes'
                ))
                AND s.variant_id = ANY (p_variants)
        ) AS ended
        WHERE ended.cart <> p_but
        GROUP BY ended.variant_id
    ) AS sku
$$;
"""

ALLOWANCE = """
-- How many more units of a SKU a principal may hold; null says any number. A first hold may
-- take what there is; beside other open ones, all together hold at most half of the SKU, a
-- network's as many more as it paid within a day. Who left orders unpaid orders half from the
-- first one on, and never the last unit.
CREATE OR REPLACE FUNCTION inventory_allowance(p_principal text, p_holder text, p_variant bigint)
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT
            coalesce(sum(r.quantity), 0) AS everything,
            coalesce(sum(r.quantity) FILTER (WHERE r.holder <> p_holder), 0) AS others
        FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
        WHERE r.principal = p_principal AND r.principal <> '' AND r.state = 'active'
            AND s.variant_id = p_variant
    ), cap AS (
        SELECT max(p.shopper_cap) AS told FROM inventory_skupolicy p
        WHERE p.variant_id = p_variant
    ), there AS (
        SELECT sum(greatest(s.on_hand, 0) + s.backorder_limit) AS units
        FROM inventory_stock s WHERE s.variant_id = p_variant
    )
    SELECT CASE
        WHEN p_principal = '' THEN NULL
        WHEN cap.told IS NOT NULL THEN greatest(cap.told - held.everything, 0)
        WHEN p_holder !~ '^(checkout|cart):'
            AND inventory_gave_up(p_principal, p_holder, ARRAY[p_variant], false)
            THEN greatest(there.units / 2 - held.everything, 0)
        WHEN held.others > 0 THEN greatest(
            greatest(2, (there.units + 1) / 2) - held.everything + CASE
                WHEN p_principal LIKE 'net:%' THEN (
                    SELECT coalesce(sum(r.quantity), 0)
                    FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
                    WHERE r.principal = p_principal AND r.principal <> ''
                        AND r.state <> 'active' AND r.state = 'claimed'
                        AND r.created_at > statement_timestamp() - interval '1 day'
                        AND s.variant_id = p_variant
                )
                ELSE 0
            END, 0
        )
    END::bigint
    FROM held, cap, there
$$;
"""

ALLOWANCE_BACK = """
CREATE OR REPLACE FUNCTION inventory_allowance(p_principal text, p_holder text, p_variant bigint)
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT
            coalesce(sum(r.quantity), 0) AS everything,
            coalesce(sum(r.quantity) FILTER (WHERE r.holder <> p_holder), 0) AS others
        FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
        WHERE r.principal = p_principal AND r.principal <> '' AND r.state = 'active'
            AND s.variant_id = p_variant
    ), cap AS (
        SELECT max(p.shopper_cap) AS told FROM inventory_skupolicy p
        WHERE p.variant_id = p_variant
    ), half AS (
        SELECT greatest(2, (sum(greatest(s.on_hand, 0) + s.backorder_limit) + 1) / 2) AS units
        FROM inventory_stock s WHERE s.variant_id = p_variant
    )
    SELECT CASE
        WHEN p_principal = '' THEN NULL
        WHEN cap.told IS NOT NULL THEN greatest(cap.told - held.everything, 0)
        WHEN held.others > 0 THEN greatest(half.units - held.everything, 0)
    END::bigint
    FROM held, cap, half
$$;
DROP FUNCTION inventory_gave_up(text, text, bigint[], boolean);
"""

HOLD = STARTED._changed(
    BEFORE.HOLD,
    (
        """    IF p_principal <> '' AND (
        SELECT count(DISTINCT r.holder)
        FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
        WHERE r.principal = p_principal AND r.principal <> '' AND r.holder LIKE 'checkout:%'
            AND r.created_at > v_now - interval '60 minutes'
            AND r.state IN ('released', 'expired') AND r.holder <> p_holder
            AND s.variant_id = ANY (p_variants)
    ) >= 2 THEN
""",
        """    IF p_principal <> '' AND inventory_gave_up(p_principal, p_holder, p_variants, true) THEN
""",
    ),
    (
        """    EXCEPTION WHEN SQLSTATE 'ST003' THEN
""",
        """    EXCEPTION WHEN SQLSTATE 'ST003' THEN
        -- Others of the network hold its share: that is no reason to send this person away.
        IF p_principal LIKE 'net:%' AND NOT v_outcomes && ARRAY['short'] THEN
            RETURN QUERY SELECT 'rests', NULL::bigint, NULL::bigint, NULL::timestamptz;
            RETURN;
        END IF;
""",
    ),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0016_ended_holds_are_cleared")]

    operations = [
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["principal", "created_at"],
                condition=~Q(state="active") & ~Q(principal=""),
                name="ended_holds_by_principal",
            ),
        ),
        migrations.RunSQL(
            GAVE_UP + ALLOWANCE + BEFORE._again(HOLD),
            BEFORE._again(BEFORE.HOLD) + ALLOWANCE_BACK,
        ),
        RemoveIndexConcurrently(model_name="reservation", name="checkouts_by_principal"),
    ]
