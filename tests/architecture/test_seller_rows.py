"""No table with a seller's rows stands open to the role under which sellers work."""

import pytest
from django.apps import apps
from django.db import connection

from cms.selling import guarding, rows
from commerce.kernel.confinement import role

# Tables that the role may use and that no policy divides, besides Wagtail's own.
UNDIVIDED = rows.SHARED

# Found by a key, not by a column of their own; each must stay divided whatever else changes.
BY_KEY = {
    "catalog_listing", "catalog_variant", "fulfillment_shipmentline", "importing_importproblem",
    "inventory_reservation", "inventory_stock", "inventory_stockmovement", "ledger_account",
    "ledger_entry", "ledger_journal", "orders_order", "orders_orderevent", "orders_orderline",
    "payouts_payoutmove", "pricing_price", "pricing_pricechange", "sellers_seller",
}  # fmt: skip

_OPEN = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND has_any_column_privilege(%(role)s, c.oid, 'SELECT, INSERT, UPDATE')
    AND NOT (c.relrowsecurity AND EXISTS (
        SELECT 1 FROM pg_policy p
        WHERE p.polrelid = c.oid AND NOT p.polpermissive
            AND %(role)s::regrole::oid = ANY (p.polroles)
    ))
"""
_WITH_SELLER = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'seller_id'
"""


def undivided() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"role": role()})
        return {table for (table,) in cursor.fetchall()}


def with_seller() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WITH_SELLER)
        return {table for (table,) in cursor.fetchall()}


def of_wagtail() -> set[str]:
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in rows.WAGTAIL_MODULES
    }


def test_every_table_that_the_role_may_use_is_divided_or_nobodys(db):
    assert undivided() - of_wagtail() - UNDIVIDED == set()


def test_every_table_that_names_a_seller_is_divided(db):
    assert with_seller() & undivided() - {"pages_sellerpage"} == set()


def test_what_belongs_to_a_seller_by_a_key_is_divided(db):
    assert BY_KEY - rows.own_tables() == set()
    assert BY_KEY & undivided() == set()


def test_a_table_that_is_forgotten_is_noticed(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE forgotten (id int, seller_id bigint)")
        cursor.execute(f"GRANT SELECT ON forgotten TO {role()}")

    assert "forgotten" in with_seller() & undivided()


def test_a_new_table_is_closed_to_the_role(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE brand_new (id int, seller_id bigint)")

    assert "brand_new" not in undivided()


def test_the_database_holds_what_is_declared(db):
    assert guarding.gaps() == []
    assert guarding.guard() == 0


@pytest.mark.parametrize(
    "damage",
    [
        "DROP POLICY sellers_own ON catalog_product",
        "ALTER TABLE catalog_product DISABLE ROW LEVEL SECURITY",
        "GRANT DELETE ON orders_sellerorder TO {role}",
        "GRANT UPDATE (earning_minor) ON orders_sellerorder TO {role}",
        "GRANT SELECT ON payments_payment TO {role}",
        "ALTER FUNCTION orders_kept() SECURITY INVOKER",
    ],
)
def test_what_was_taken_away_is_noticed_and_put_back(db, damage):
    with connection.cursor() as cursor:
        cursor.execute(damage.format(role=role()))

    assert len(guarding.gaps()) == 1
    guarding.guard()
    assert guarding.gaps() == []


def test_guards_act_as_the_owner_whoever_set_them_off(db):
    assert guarding._invoking_triggers() == []


def test_the_role_signs_in_nowhere_and_passes_no_policy(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = %s",
            [role()],
        )
        assert cursor.fetchall() == [(False, False, False, False)]
