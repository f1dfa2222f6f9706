"""Free units are chosen once, then deleted: as a join the choice may be made again for each row.

A subquery with LIMIT and SKIP LOCKED on the inner side of a nested loop yields other rows
each time, so more units went than were asked for. An array is filled once.
"""

import re
from importlib import import_module

from django.db import migrations

BEFORE = import_module("commerce.inventory.migrations.0004_promises")

_CHOICE = re.compile(
    r"WHERE id IN \(\s+(SELECT id FROM inventory_unit WHERE stock_id = NEW\.\w+\s+"
    r"LIMIT [\w.-]+ FOR UPDATE SKIP LOCKED)\s+\) RETURNING 1"
)


def _function(text: str, name: str) -> str:
    found = re.search(rf"CREATE (?:OR REPLACE )?FUNCTION {name}\(\).*?END \$\$;", text, re.DOTALL)
    if found is None:
        raise ValueError(f"{name} is not there")
    return re.sub(r"^CREATE (?:OR REPLACE )?FUNCTION", "CREATE OR REPLACE FUNCTION", found[0])


def _chosen_once(function: str) -> str:
    changed, count = _CHOICE.subn(r"WHERE id = ANY (ARRAY(\1)) RETURNING 1", function)
    if count != 1:
        raise ValueError(f"chosen {count} times: {function}")
    return changed


_FUNCTIONS = (
    _function(BEFORE.STOCK, "inventory_match_units"),
    _function(BEFORE.HOLDS, "inventory_move_stock"),
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_threshold_per_location")]
    operations = [
        migrations.RunSQL("\n".join(map(_chosen_once, _FUNCTIONS)), "\n".join(_FUNCTIONS))
    ]
