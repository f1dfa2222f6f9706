"""Who gave up two checkouts of a SKU within the hour gets it held at placing only, in whatever cart.

Otherwise one network with a new cart every quarter of an hour could keep a shelf empty for ever.
"""

from importlib import import_module

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

BEFORE = import_module("commerce.inventory.migrations.0012_holds_of_checkouts")

HOLD = BEFORE._changed(
    BEFORE.HOLD,
    (
        """    IF NOT v_first THEN
        PERFORM 1
""",
        """    IF p_principal <> '' AND (
        SELECT count(DISTINCT r.holder)
        FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
        WHERE r.principal = p_principal AND r.principal <> '' AND r.holder LIKE 'checkout:%'
            AND r.created_at > v_now - interval '60 minutes'
            AND r.state IN ('released', 'expired') AND r.holder <> p_holder
            AND s.variant_id = ANY (p_variants)
    ) >= 2 THEN
        RETURN QUERY SELECT 'rests', NULL::bigint, NULL::bigint, v_deadline;
        RETURN;
    END IF;
    IF NOT v_first THEN
        PERFORM 1
""",
    ),
    (
        """    -- What was replaced says nothing that what replaced it does not say.
    IF NOT v_first THEN
        DELETE FROM inventory_reservation WHERE holder = p_holder AND state = 'released';
""",
        """    -- What was replaced says nothing that what replaced it does not say; what was given up does.
    IF NOT v_first THEN
        DELETE FROM inventory_reservation r USING inventory_stock s
        WHERE r.holder = p_holder AND r.state = 'released' AND s.id = r.stock_id
            AND s.variant_id = ANY (p_variants);
""",
    ),
)


def _again(text: str) -> str:
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0014_short_way_to_a_hold")]

    operations = [
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["principal", "created_at"],
                condition=Q(holder__startswith="checkout:") & ~Q(principal=""),
                name="checkouts_by_principal",
            ),
        ),
        migrations.RunSQL(_again(HOLD), _again(BEFORE.HOLD)),
    ]
