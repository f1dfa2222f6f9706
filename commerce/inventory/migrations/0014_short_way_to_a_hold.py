"""One variant that lies at one place needs no choice of places: it is locked, looked at and held.

And a change of `reserved` alone needs nobody who tends versions and what is sold ahead.
"""

from importlib import import_module

from django.db import migrations

PLACES = import_module("commerce.inventory.migrations.0007_holds_where_chosen")
BEFORE = import_module("commerce.inventory.migrations.0008_holds_by_holder")

_BEFORE = BEFORE._again(PLACES._changed(PLACES.RESERVE, (BEFORE._FIRST, BEFORE._NOW)))
_LOOP = """
    LOOP
        SELECT coalesce(array_agg(DISTINCT s.variant_id"""
_SHORT_WAY = """
    -- What most ask for, one variant that lies at one place with enough units there, needs no
    -- choice. All else, and whatever is short, goes the long way.
    IF cardinality(p_variants) = 1 AND p_places[1] IS NULL THEN
        SELECT s.id, s.on_hand + s.backorder_limit - s.reserved - p_quantities[1]
        INTO v_stock, v_left
        FROM inventory_stock s
        WHERE s.variant_id = p_variants[1] AND NOT s.by_unit
            AND s.on_hand - s.reserved >= p_quantities[1]
            AND (SELECT count(*) FROM inventory_stock o WHERE o.variant_id = p_variants[1]) = 1
        FOR NO KEY UPDATE OF s;
        IF FOUND THEN
            INSERT INTO inventory_reservation (
                stock_id, holder, quantity, state, extended, created_at, expires_at, kind,
                principal, by_unit
            ) VALUES (
                v_stock, p_holder, p_quantities[1], 'active', false, v_now, v_expires, p_kind,
                p_principal, false
            );
            IF v_left = 0 THEN
                RETURN QUERY SELECT 'emptied', p_variants[1], 0::bigint;
            END IF;
            RETURN;
        END IF;
    END IF;
"""
RESERVE = PLACES._changed(
    _BEFORE,
    (_LOOP, _SHORT_WAY + _LOOP),
    ("v_taken bigint := 0;", "v_taken bigint := 0;\n    v_stock bigint;\n    v_left bigint;"),
)

TENDED = """
DROP TRIGGER stock_tended ON inventory_stock;
CREATE TRIGGER stock_tended BEFORE UPDATE ON inventory_stock
    FOR EACH ROW WHEN (
        NEW.on_hand <> OLD.on_hand OR NEW.version <> OLD.version OR NEW.backorder_closed
    ) EXECUTE FUNCTION inventory_tend_stock();
CREATE TRIGGER stock_tended_first BEFORE INSERT ON inventory_stock
    FOR EACH ROW EXECUTE FUNCTION inventory_tend_stock();
"""

TENDED_BACK = """
DROP TRIGGER stock_tended_first ON inventory_stock;
DROP TRIGGER stock_tended ON inventory_stock;
CREATE TRIGGER stock_tended BEFORE INSERT OR UPDATE ON inventory_stock
    FOR EACH ROW EXECUTE FUNCTION inventory_tend_stock();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0013_lapsed_units_are_still_the_carts")]

    operations = [
        migrations.RunSQL(RESERVE, _BEFORE),
        migrations.RunSQL(TENDED, TENDED_BACK),
    ]
