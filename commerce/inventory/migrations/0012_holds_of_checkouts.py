"""What a checkout holds from its start, and how it passes to the order in one move.

A checkout's holder is named after its cart. Its deadline is that of its first hold within the
hour, whatever is changed meanwhile; its holds pass once, alive, to an order.
"""

import datetime
import re
from importlib import import_module

import django.db.models.functions
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

BEFORE = import_module("commerce.inventory.migrations.0004_promises")


def _function(text: str, name: str) -> str:
    found = re.search(rf"CREATE (?:OR REPLACE )?FUNCTION {name}\(\).*?END \$\$;", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{name} is not there")
    return re.sub(r"^CREATE (?:OR REPLACE )?FUNCTION", "CREATE OR REPLACE FUNCTION", found[0])


def _changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"stands there {text.count(old)} times: {old}")
        text = text.replace(old, new)
    return text


CHECK_BACK = _function(BEFORE.HOLDS, "inventory_check_hold")
CHECK = _changed(
    CHECK_BACK,
    (
        "complaint text;\n",
        "complaint text;\n    v_passes boolean := TG_OP = 'UPDATE' AND NEW.holder <> OLD.holder;\n",
    ),
    (
        "WHEN NEW.created_at > clock_timestamp() THEN 'a hold starts now'\n",
        """WHEN NEW.created_at > clock_timestamp() THEN 'a hold starts now'
            WHEN NEW.taken_from <> '' OR NEW.taken_at IS NOT NULL
                THEN 'a hold starts with its first holder'
            WHEN NEW.holder LIKE 'checkout:%' AND EXISTS (
                SELECT 1 FROM inventory_reservation r
                WHERE r.holder = NEW.holder AND r.expires_at < NEW.expires_at
                    AND r.created_at > NEW.created_at - interval '60 minutes'
            ) THEN 'a checkout is held once an hour, and its deadline never moves'
""",
    ),
    (
        "WHEN (NEW.stock_id, NEW.holder, NEW.principal, NEW.quantity, NEW.created_at)",
        "WHEN (NEW.stock_id, NEW.principal, NEW.quantity, NEW.created_at)",
    ),
    (
        "(OLD.stock_id, OLD.holder, OLD.principal, OLD.quantity, OLD.created_at)",
        "(OLD.stock_id, OLD.principal, OLD.quantity, OLD.created_at)",
    ),
    (
        "WHEN NEW.expires_at <> OLD.expires_at AND NEW.kind = OLD.kind",
        """WHEN v_passes AND (
                OLD.holder NOT LIKE 'checkout:%' OR NEW.holder ~ '^(checkout|cart):'
                OR NEW.state <> 'active' OR NEW.kind <> OLD.kind OR NEW.by_unit <> OLD.by_unit
                OR NEW.extended OR OLD.expires_at <= statement_timestamp()
                OR NEW.taken_from <> OLD.holder OR coalesce(
                    NEW.taken_at NOT BETWEEN OLD.created_at AND clock_timestamp(), true
                )
            ) THEN 'stock, holder, quantity and start of a hold never change, but that what a'
                ' checkout holds passes to its order while it lives'
            WHEN NOT v_passes AND (NEW.taken_from, NEW.taken_at)
                IS DISTINCT FROM (OLD.taken_from, OLD.taken_at)
                THEN 'from whom a hold was taken over never changes'
            WHEN NOT v_passes AND OLD.holder LIKE 'checkout:%'
                AND (NEW.expires_at, NEW.kind, NEW.extended)
                    IS DISTINCT FROM (OLD.expires_at, OLD.kind, OLD.extended)
                THEN 'the deadline of a checkout never moves'
            WHEN NOT v_passes AND NEW.expires_at <> OLD.expires_at AND NEW.kind = OLD.kind""",
    ),
)

KEPT = """
-- What a checkout holds of each variant: units, how many of them are there now, until when. No
-- units: they lapsed. What is there goes to the earlier holds first.
CREATE FUNCTION inventory_kept(p_holder text)
RETURNS TABLE (variant_id bigint, units bigint, there bigint, until timestamptz)
LANGUAGE sql STABLE ROWS 3 AS $$
    SELECT
        s.variant_id,
        coalesce(sum(r.quantity) FILTER (
            WHERE r.state = 'active' AND r.expires_at > statement_timestamp()
        ), 0)::bigint,
        coalesce(sum(CASE
            WHEN s.on_hand >= s.reserved THEN r.quantity
            ELSE least(r.quantity, greatest(s.on_hand - (
                SELECT coalesce(sum(e.quantity), 0) FROM inventory_reservation e
                WHERE e.stock_id = s.id AND e.state = 'active' AND e.id < r.id
            ), 0))
        END) FILTER (
            WHERE r.state = 'active' AND r.expires_at > statement_timestamp()
        ), 0)::bigint,
        max(r.expires_at)
    FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
    WHERE r.holder = p_holder AND r.state IN ('active', 'claimed', 'expired')
        AND r.created_at > statement_timestamp() - interval '60 minutes'
    GROUP BY s.variant_id
$$;
"""

# One trip. Outcomes: "until" with the deadline when all is held, "rests" with it when it has
# passed, "short" and "capped" as of inventory_reserve, and then all is as it was; "emptied"
# and "filled" for variants whose last unit went or whose first came back.
HOLD = """
CREATE FUNCTION inventory_hold_checkout(
    p_holder text, p_variants bigint[], p_quantities int[], p_minutes int, p_principal text,
    p_late bigint[], p_replaces text[], p_places bigint[], p_until timestamptz
) RETURNS TABLE (outcome text, variant bigint, units bigint, until timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now timestamptz;
    v_deadline timestamptz;
    v_first boolean;
    v_empty bigint[] := '{}';
    v_outcomes text[];
    v_variants bigint[];
    v_units bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_holder, 0));
    v_now := clock_timestamp();
    SELECT min(r.expires_at) INTO v_deadline FROM inventory_reservation r
    WHERE r.holder = p_holder AND r.created_at > v_now - interval '60 minutes';
    v_first := v_deadline IS NULL;
    IF v_deadline <= v_now THEN
        RETURN QUERY SELECT 'rests', NULL::bigint, NULL::bigint, v_deadline;
        RETURN;
    END IF;
    IF NOT v_first THEN
        PERFORM 1
        FROM (
            SELECT s.variant_id, sum(r.quantity) AS quantity, bool_or(coalesce(
                s.location_id <> p_places[array_position(p_variants, s.variant_id)], false
            )) AS elsewhere
            FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
            WHERE r.holder = p_holder AND r.state IN ('active', 'claimed')
            GROUP BY s.variant_id
        ) AS held
        FULL JOIN unnest(p_variants, p_quantities) AS w (variant_id, quantity)
            ON w.variant_id = held.variant_id
        WHERE held.quantity IS DISTINCT FROM w.quantity OR held.elsewhere;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'until', NULL::bigint, NULL::bigint, v_deadline;
            RETURN;
        END IF;
        SELECT coalesce(array_agg(f.id), '{}') INTO v_empty
        FROM (
            SELECT s.variant_id AS id FROM inventory_stock s
            WHERE s.variant_id IN (
                SELECT mine.variant_id
                FROM inventory_reservation r JOIN inventory_stock mine ON mine.id = r.stock_id
                WHERE r.holder = p_holder AND r.state IN ('active', 'claimed')
            )
            GROUP BY s.variant_id HAVING sum(inventory_room(s)) <= 0
        ) AS f;
    END IF;
    v_deadline := least(
        coalesce(v_deadline, v_now + make_interval(mins => p_minutes)), p_until
    );

    BEGIN
        SELECT array_agg(x.outcome), array_agg(x.variant), array_agg(x.units)
        INTO v_outcomes, v_variants, v_units
        FROM inventory_reserve(
            p_holder, p_variants, p_quantities, 1, 'checkout', p_principal, p_late,
            p_replaces || p_holder, v_deadline, p_places
        ) AS x;
        IF v_outcomes && ARRAY['short', 'capped'] THEN
            RAISE EXCEPTION 'not all can be held' USING ERRCODE = 'ST003';
        END IF;
    EXCEPTION WHEN SQLSTATE 'ST003' THEN
        RETURN QUERY
            SELECT x.outcome, x.variant, x.units, NULL::timestamptz
            FROM unnest(v_outcomes, v_variants, v_units) AS x (outcome, variant, units);
        RETURN;
    END;
    -- What was replaced says nothing that what replaced it does not say.
    IF NOT v_first THEN
        DELETE FROM inventory_reservation WHERE holder = p_holder AND state = 'released';
    END IF;
    RETURN QUERY
        SELECT 'until', NULL::bigint, NULL::bigint, v_deadline
        UNION ALL
        SELECT x.outcome, x.variant, x.units, NULL
        FROM unnest(v_outcomes, v_variants, v_units) AS x (outcome, variant, units)
        UNION ALL
        SELECT 'filled', s.variant_id, 0, NULL FROM inventory_stock s
        WHERE s.variant_id = ANY (v_empty)
        GROUP BY s.variant_id HAVING sum(inventory_room(s)) > 0;
END $$;
"""

FUNCTIONS_BACK = """
DROP FUNCTION inventory_hold_checkout(
    text, bigint[], int[], int, text, bigint[], text[], bigint[], timestamptz
);
DROP FUNCTION inventory_kept(text);
"""

SINCE = django.db.models.functions.Coalesce("taken_at", "created_at")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_counts_on_schedule")]

    operations = [
        migrations.RemoveConstraint(model_name="reservation", name="no_hold_beyond_its_kind"),
        migrations.AddField(
            model_name="reservation",
            name="taken_from",
            field=models.CharField(
                db_default="",
                help_text="The checkout that held it before its order.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="taken_at",
            field=models.DateTimeField(help_text="When the order took it over.", null=True),
        ),
        # 0016 validates it, without keeping others out while it reads.
        AddConstraintNotValid(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=Q(expires_at__lte=SINCE + datetime.timedelta(minutes=60))
                | Q(kind="slow", expires_at__lte=SINCE + datetime.timedelta(days=14)),
                name="no_hold_beyond_its_kind",
            ),
        ),
        migrations.RunSQL(CHECK, CHECK_BACK),
        migrations.RunSQL(KEPT + HOLD, FUNCTIONS_BACK),
    ]
