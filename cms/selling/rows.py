"""Which rows of which tables belong to a seller, and what its people may do to them by SQL.

A table is a seller's own when this says so, when it names a seller, or when a key
of its leads to a table that is. Everything else is closed to the sellers' database
role, unless it is named here. `guarding` puts this into the database after every
migration.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model

from .queries import SELLERS

SELLER = "nullif(current_setting('stoa.seller', true), '')::bigint"
"""The seller at work; nobody, and so no row, when none is named."""

READ = frozenset({"SELECT"})
WRITE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})

# Whose words and decisions a page's history shows: colleagues, and the marketplace's staff.
_PEOPLE = f"""
is_superuser
OR EXISTS (SELECT 1 FROM sellers_member own WHERE own.user_id = accounts_user.id)
OR EXISTS (
    SELECT 1 FROM accounts_user_groups place
    JOIN auth_group circle ON circle.id = place.group_id AND circle.name <> '{SELLERS}'
    JOIN auth_group_permissions given ON given.group_id = circle.id
    JOIN auth_permission right_ ON right_.id = given.permission_id
    WHERE place.user_id = accounts_user.id AND right_.codename = 'access_admin'
)
"""  # noqa: S608

_OWN_PAGE = """
EXISTS (
    SELECT 1 FROM selling_workspace place
    JOIN wagtailcore_page home ON home.id = place.page_id
    JOIN wagtailcore_page page ON page.path LIKE home.path || '%'
    WHERE page.id = {page_id}
)
"""

# Unpublished words. Other kinds of object have revisions too, and ids that are no numbers.
_OWN_REVISION = f"""
CASE WHEN base_content_type_id = (
    SELECT id FROM django_content_type WHERE app_label = 'wagtailcore' AND model = 'page'
) THEN {_OWN_PAGE.format(page_id="wagtailcore_revision.object_id::bigint")} ELSE false END
"""  # noqa: S608

# Own tables whose rows are not found by following a key.
CONDITIONS = {
    "sellers_seller": f"id = {SELLER}",
    "sellers_application": f"seller_id = {SELLER}",
    "orders_order": (
        "EXISTS (SELECT 1 FROM orders_sellerorder part WHERE part.order_id = orders_order.id)"
    ),
    "orders_orderevent": (
        "EXISTS (SELECT 1 FROM orders_sellerorder part"
        " WHERE part.id = orders_orderevent.seller_order_id)"
    ),
    "ledger_account": f"code = 'payable:' || {SELLER}",
    "ledger_entry": (
        "EXISTS (SELECT 1 FROM ledger_account account WHERE account.id = ledger_entry.account_id)"
    ),
    "ledger_journal": (
        "EXISTS (SELECT 1 FROM ledger_entry entry WHERE entry.journal_id = ledger_journal.id)"
    ),
    "accounts_user": _PEOPLE,
    "pricing_groupmember": "false",  # asked of with every price; who is in a group is not theirs
    "wagtailcore_revision": _OWN_REVISION,
    "wagtailcore_comment": _OWN_PAGE.format(page_id="wagtailcore_comment.page_id"),
}

# Shown but never changed: what the marketplace, a trigger or a worker writes.
READ_ONLY = {
    "accounts_user",
    "catalog_listing",
    "discovery_card",
    "documents_counter",
    "documents_rendering",
    "importing_importedproduct",
    "importing_importproblem",
    "inventory_countnotice",
    "inventory_reservation",
    "inventory_stockmovement",
    "orders_orderevent",
    "pricing_groupmember",
    "sellers_application",
    "sellers_member",
    "sellers_seller",
    "selling_orderexport",
    "selling_workspace",
}
READ_ONLY_MODULES = {"ledger", "orders", "payments", "payouts", "returns", "sellers"}

# Money that a seller sets itself. Any other table with amounts is shown and never changed.
OWN_MONEY = {
    "fulfillment_bracket",
    "fulfillment_customsitem",
    "fulfillment_dispatch",
    "fulfillment_shippingmethod",
    "pricing_listprice",
    "pricing_price",
    "pricing_promotion",
}

# Columns that move with a seller's work, in tables that are otherwise only shown.
COLUMNS = {
    "orders_order": {"version"},  # to lock it, as everybody does before a part of it
    "orders_sellerorder": {"state", "version", "delivered_at"},
    "orders_orderline": {"shipped_quantity"},
}

# What is nobody's: reference tables, and the rights that every page of the admin asks for.
SHARED = {
    "accounts_user_groups",
    "accounts_user_user_permissions",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "catalog_producttype",
    "django_content_type",
    "fulfillment_carrier",
    "pricing_customergroup",
    "pricing_taxrate",
    "sellers_plan",
}

# Wagtail reads its tree, its images and its history as a whole; the wall in front of it
# goes by path and collection (policy.py). Drafts and comments alone are divided below it.
WAGTAIL_MODULES = {
    "media",
    "pages",
    "taggit",
    "wagtailadmin",
    "wagtailcore",
    "wagtailembeds",
    "wagtailforms",
    "wagtailimages",
    "wagtailredirects",
    "wagtailsearch",
    "wagtailusers",
}

# Not even the seller's own part of these is for its people's eyes.
CLOSED_MODULES = {
    "audit",
    "cart",
    "checkout",
    "drafts",
    "notifications",
    "outbox",
    "payments",
    "sessions",
}
CLOSED = {
    "returns_withdrawal",  # tells of all sellers' goods in an order
    "wagtailcore_apitoken",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the sellers' role may do with a table, and with which of its rows."""

    table: str
    condition: str | None = None
    check: str | None = None
    privileges: frozenset[str] = frozenset()
    columns: frozenset[str] = field(default_factory=frozenset)


def rules() -> dict[str, Rule]:
    """Return the rule of every table that belongs to a model, by table."""
    return {model._meta.db_table: _rule(model) for model in _models()}


def own_tables() -> set[str]:
    """Return the tables of which a seller sees its own rows alone."""
    return {table for table, rule in rules().items() if rule.condition is not None}


def _models() -> list[type[Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def _rule(model: type[Model]) -> Rule:
    table, module = model._meta.db_table, model._meta.app_label
    if module in CLOSED_MODULES or table in CLOSED:
        return Rule(table=table)
    if module in WAGTAIL_MODULES:
        return Rule(table=table, condition=CONDITIONS.get(table), privileges=WRITE)
    condition = _condition(model)
    if condition is None:
        return Rule(table=table, privileges=READ if table in SHARED else frozenset())
    if _is_read_only(model):
        columns = frozenset(COLUMNS.get(table, ()))
        return Rule(table=table, condition=condition, privileges=READ, columns=columns)
    check = " AND ".join([f"({condition})", *_other_keys(model, condition)])
    return Rule(table=table, condition=condition, check=check, privileges=WRITE)


def _is_read_only(model: type[Model]) -> bool:
    table = model._meta.db_table
    if table in READ_ONLY or model._meta.app_label in READ_ONLY_MODULES:
        return True
    return table not in OWN_MONEY and any(
        each.attname.endswith(("_minor", "_bps")) for each in model._meta.local_concrete_fields
    )


def _condition(model: type[Model]) -> str | None:
    table = model._meta.db_table
    if table in CONDITIONS:
        return CONDITIONS[table]
    if model._meta.app_label in CLOSED_MODULES | WAGTAIL_MODULES:
        return None
    named = [each for each in model._meta.local_concrete_fields if each.attname == "seller_id"]
    if named:
        return f"seller_id = {SELLER}"
    return next((_follow(key) for key in _keys(model) if not key.null), None)


def _other_keys(model: type[Model], condition: str) -> Iterable[str]:
    """Let a new row point at nobody else's, by any of its keys."""
    for key in _keys(model):
        found = _follow(key)
        if found != condition:
            yield f"({key.column} IS NULL OR {found})" if key.null else found


def _keys(model: type[Model]) -> list["ForeignKey[Any, Any]"]:
    return [
        each
        for each in model._meta.local_concrete_fields
        if isinstance(each, ForeignKey) and _leads_home(each)
    ]


def _leads_home(key: "ForeignKey[Any, Any]") -> bool:
    related: type[Model] = key.related_model
    if related is key.model or related._meta.db_table in ("accounts_user", "sellers_seller"):
        return False
    return _condition(related) is not None


def _follow(key: "ForeignKey[Any, Any]") -> str:
    parent = key.related_model._meta.db_table
    here, there = f"{key.model._meta.db_table}.{key.column}", f"parent.{key.target_field.column}"
    return f"EXISTS (SELECT 1 FROM {parent} parent WHERE {there} = {here})"  # noqa: S608
