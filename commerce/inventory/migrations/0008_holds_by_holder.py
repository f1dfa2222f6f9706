"""`inventory_reserve` finds a holder's holds by the holder, however many others are active.

Asked for active ones alone, the planner may read the index of all active holds, which looks
cheap as long as its figures are of a quiet hour, and costs more with every hold there is.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("commerce.inventory.migrations.0007_holds_where_chosen")

_FIRST = """
        AND (state = 'active' OR state = 'claimed' AND holder = p_holder)
    ORDER BY stock_id, id FOR UPDATE;
"""
_NOW = """
        AND state IN ('active', 'claimed')
    ORDER BY stock_id, id FOR UPDATE;
"""


def _again(text: str) -> str:
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_holds_where_chosen")]

    operations = [
        migrations.RunSQL(
            _again(BEFORE._changed(BEFORE.RESERVE, (_FIRST, _NOW))), _again(BEFORE.RESERVE)
        )
    ]
