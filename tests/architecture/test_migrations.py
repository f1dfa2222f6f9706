"""A migration keeps nobody out of a table that grows with orders while it is read whole.

PostgreSQL builds an index, or looks whether all rows keep a new rule, under a lock that stops
every writer. Tables are empty when a shop is set up, so what came before the first release may.
"""

import re
from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# How far each module was when this became a rule; what is not named here had not begun.
BEFORE = {
    "cart": 3,
    "catalog": 3,
    "credits": 5,
    "discovery": 2,
    "documents": 2,
    "fulfillment": 11,
    "inventory": 17,
    "ledger": 5,
    "notifications": 3,
    "orders": 14,
    "outbox": 2,
    "payments": 23,
    "payouts": 6,
    "pricing": 10,
    "returns": 10,
}
GROWING = {
    "cart": {"cart", "line"},
    "catalog": {"product", "variant", "listing"},
    "credits": {"credit", "spend"},
    "discovery": {"card"},
    "documents": {"document", "rendering"},
    "fulfillment": {"shipment", "shipmentline", "label", "trackingevent"},
    "inventory": {"reservation", "stockmovement", "stock", "allocation"},
    "ledger": {"entry", "journal"},
    "notifications": {"message"},
    "orders": {"order", "sellerorder", "orderline", "orderevent", "adjustment", "adjustmentline"},
    "outbox": {"event", "delivery"},
    "payments": {"payment", "paymentmove", "providerevent", "refund"},
    "payouts": {"earning", "payout", "deduction", "absorption"},
    "pricing": {"price", "pricechange", "redemption"},
    "returns": {"case", "caseline", "caseevent", "lineterms"},
}
_INDEX = r"create\s+(?:unique\s+)?index\s+(?!concurrently)[^;]*?\bon\s+(?:only\s+)?{table}\b"
_RULE = r"alter\s+table\s+(?:only\s+)?{table}\s[^;]*add\s+constraint(?![^;]*not\s+valid)[^;]*check"


def grows(label: str, model: str) -> bool:
    return model.lower() in GROWING.get(label, set())


def complaints(migration: migrations.Migration, before: ProjectState) -> Iterator[str]:
    """Say what in a migration would stop the writers of a growing table."""
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    state = before.clone()
    for operation in migration.operations:
        model = getattr(operation, "model_name", "").lower()
        if model not in made and grows(migration.app_label, model):
            yield from _locks(operation, state.models[migration.app_label, model])
        if isinstance(operation, migrations.RunSQL):
            yield from _statements(migration.app_label, str(operation.sql))
        operation.state_forwards(migration.app_label, state)
    kinds = {type(operation) for operation in migration.operations}
    if migration.atomic and {AddConstraintNotValid, ValidateConstraint} <= kinds:
        yield "ValidateConstraint in the transaction of its AddConstraintNotValid"


def _locks(operation: Operation, was: object) -> Iterator[str]:
    if type(operation) is migrations.AddIndex:
        yield "AddIndex: use AddIndexConcurrently"
    if type(operation) is migrations.AddConstraint:
        yield "AddConstraint: use AddConstraintNotValid, then ValidateConstraint apart"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        if not field.null and not field.has_db_default() and not field.many_to_many:
            yield "AddField: old processes write no such column; give it a db_default or null"
        if field.db_index or field.unique:
            yield "AddField: the index it brings is built under a lock; add it concurrently"
    if isinstance(operation, migrations.AlterField):
        old, new = was.fields[operation.name], operation.field  # type: ignore[attr-defined]
        if (new.db_index and not old.db_index) or (new.unique and not old.unique):
            yield "AlterField: the index it brings is built under a lock; add it concurrently"
        if (old.null and not new.null) or old.get_internal_type() != new.get_internal_type():
            yield "AlterField: the whole table is read or written anew under a lock"


def _statements(label: str, sql: str) -> Iterator[str]:
    for model in GROWING.get(label, set()):
        for pattern in (_INDEX, _RULE):
            if re.search(pattern.format(table=f"{label}_{model}"), sql, re.IGNORECASE):
                yield f"RunSQL: {label}_{model} is read whole under a lock"


def test_no_migration_stops_the_writers_of_a_growing_table() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    found = [
        f"{label}.{name}: {complaint}"
        for (label, name), migration in sorted(loader.disk_migrations.items())
        if label in GROWING and int(name[:4]) > BEFORE.get(label, 0)
        for complaint in complaints(migration, loader.project_state((label, name), at_end=False))
    ]

    assert found == []


def planted(*operations: Operation, atomic: bool = True) -> list[str]:
    migration = migrations.Migration("9999_planted", "orders")
    migration.operations = list(operations)
    migration.atomic = atomic
    loader = MigrationLoader(None)
    return list(complaints(migration, loader.project_state(loader.graph.leaf_nodes("orders"))))


RULE = models.CheckConstraint(condition=models.Q(pk__gt=0), name="planted")


@pytest.mark.parametrize(
    "operations",
    [
        [migrations.AddIndex("order", models.Index(fields=["state"], name="planted"))],
        [migrations.AddConstraint("orderline", RULE)],
        [migrations.AddField("order", "planted", models.IntegerField(default=0))],
        [migrations.AddField("order", "planted", models.IntegerField(null=True, db_index=True))],
        [migrations.AlterField("order", "token", models.IntegerField())],
        [migrations.RunSQL("CREATE INDEX planted ON orders_order (state)")],
        [migrations.RunSQL("CREATE UNIQUE INDEX planted\n  ON orders_orderline (id)")],
        [migrations.RunSQL("ALTER TABLE orders_order ADD CONSTRAINT planted CHECK (id > 0)")],
        [AddConstraintNotValid("order", RULE), ValidateConstraint("order", "planted")],
    ],
)
def test_what_would_stop_writers_is_seen(operations: list[Operation]) -> None:
    assert len(planted(*operations)) == 1


@pytest.mark.parametrize(
    "operations",
    [
        [AddIndexConcurrently("order", models.Index(fields=["state"], name="planted"))],
        [AddConstraintNotValid("order", RULE)],
        [migrations.AddField("order", "planted", models.IntegerField(db_default=0))],
        [migrations.AddField("order", "planted", models.IntegerField(null=True))],
        [migrations.AddIndex("daycounter", models.Index(fields=["day"], name="planted"))],
        [migrations.RunSQL("CREATE INDEX CONCURRENTLY planted ON orders_order (state)")],
        [
            migrations.RunSQL(
                "ALTER TABLE orders_order ADD CONSTRAINT planted CHECK (id > 0) NOT VALID"
            )
        ],
    ],
)
def test_what_lets_writers_go_on_may_stand(operations: list[Operation]) -> None:
    assert planted(*operations) == []


def test_a_rule_is_looked_over_in_a_transaction_of_its_own() -> None:
    both = AddConstraintNotValid("order", RULE), ValidateConstraint("order", "planted")

    assert planted(*both, atomic=False) == []
