"""Holds lie where the shopper chose: `inventory_reserve` takes a place for each variant.

`p_places` goes along with `p_variants`; NULL, or none at all, means wherever the units
are. At a chosen place only units that are there are promised, none ahead. The older form
stays as a thin cover, for processes that still run the code from before.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("commerce.inventory.migrations.0004_promises")

PLACE = "p_places[array_position(p_variants, {})]"
CHOSEN = "coalesce(s.location_id = " + PLACE + ", true)"


def _changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"stands there {text.count(old)} times: {old}")
        text = text.replace(old, new)
    return text


_COUNTED, _, _REST = BEFORE.RESERVE.partition("-- Holds free units of one variant")
_UNITS, _, _REST = _REST.partition("-- One trip to the database")
_RESERVE, _, _ = _REST.partition("CREATE OR REPLACE FUNCTION inventory_reserve(")

COUNTED = _changed(
    _COUNTED,
    ("p_late bigint[]\n)", "p_late bigint[],\n    p_places bigint[]\n)"),
    (
        "WHERE s.variant_id = ANY (p_variants) AND NOT s.by_unit",
        "WHERE s.variant_id = ANY (p_variants) AND NOT s.by_unit\n            AND "
        + CHOSEN.format("s.variant_id"),
    ),
    (
        "CASE WHEN s.variant_id = ANY (p_late)",
        "CASE WHEN s.variant_id = ANY (p_late) AND " + PLACE.format("s.variant_id") + " IS NULL",
    ),
)

UNITS = "-- Holds free units of one variant" + _changed(
    _UNITS,
    ("p_principal text\n) RETURNS boolean", "p_principal text, p_place bigint\n) RETURNS boolean"),
    (
        "WHERE s.variant_id = p_variant AND s.by_unit",
        "WHERE s.variant_id = p_variant AND s.by_unit\n"
        "                AND coalesce(s.location_id = p_place, true)",
    ),
)

RESERVE = "-- One trip to the database" + _changed(
    _RESERVE,
    ("p_deadline timestamptz\n)", "p_deadline timestamptz,\n    p_places bigint[]\n)"),
    ("v_counts int[];", "v_counts int[];\n    v_places bigint[];"),
    (
        "p_holder, p_variants, p_quantities, v_now, v_expires, p_kind, p_principal, p_late\n",
        "p_holder, p_variants, p_quantities, v_now, v_expires, p_kind, p_principal, p_late,\n"
        "                p_places\n",
    ),
    (
        "SELECT array_agg(w.id), array_agg(w.quantity) INTO v_counted, v_counts",
        "SELECT array_agg(w.id), array_agg(w.quantity), array_agg("
        + PLACE.format("w.id")
        + ")\n                INTO v_counted, v_counts, v_places",
    ),
    (
        "p_holder, v_one.id, v_one.quantity, v_now, v_expires, p_kind, p_principal\n",
        "p_holder, v_one.id, v_one.quantity, v_now, v_expires, p_kind, p_principal,\n"
        "                        " + PLACE.format("v_one.id") + "\n",
    ),
    (
        "p_holder, v_counted, v_counts, v_now, v_expires, p_kind, p_principal, p_late\n",
        "p_holder, v_counted, v_counts, v_now, v_expires, p_kind, p_principal, p_late,\n"
        "                        v_places\n",
    ),
    (
        "WHEN w.variant_id = ANY (p_late) THEN inventory_room(s)",
        "WHEN w.variant_id = ANY (p_late) AND "
        + PLACE.format("w.variant_id")
        + " IS NULL\n                        THEN inventory_room(s)",
    ),
    (
        "LEFT JOIN inventory_stock s ON s.variant_id = w.variant_id\n",
        "LEFT JOIN inventory_stock s ON s.variant_id = w.variant_id\n                    AND "
        + CHOSEN.format("w.variant_id")
        + "\n",
    ),
)

COVER = """
CREATE OR REPLACE FUNCTION inventory_reserve(
    p_holder text, p_variants bigint[], p_quantities int[], p_minutes int,
    p_kind text, p_principal text, p_late bigint[], p_replaces text[], p_deadline timestamptz
) RETURNS TABLE (outcome text, variant bigint, units bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT * FROM inventory_reserve(
        p_holder, p_variants, p_quantities, p_minutes, p_kind, p_principal, p_late, p_replaces,
        p_deadline, '{}'
    );
END $$;
DROP FUNCTION inventory_take_counted(
    text, bigint[], int[], timestamptz, timestamptz, text, text, bigint[]
);
DROP FUNCTION inventory_take_units(text, bigint, int, timestamptz, timestamptz, text, text);
"""

BACK = (
    """
DROP FUNCTION inventory_reserve(
    text, bigint[], int[], int, text, text, bigint[], text[], timestamptz, bigint[]
);
DROP FUNCTION inventory_take_counted(
    text, bigint[], int[], timestamptz, timestamptz, text, text, bigint[], bigint[]
);
DROP FUNCTION inventory_take_units(
    text, bigint, int, timestamptz, timestamptz, text, text, bigint
);
"""
    + _COUNTED
    + "-- Holds free units of one variant"
    + _UNITS
    + "-- One trip to the database"
    + _RESERVE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0006_accuracy")]

    operations = [migrations.RunSQL(COUNTED + UNITS + RESERVE + COVER, BACK)]
