"""What lapsed and was not ended yet still counts as the cart's own: whoever comes next ends it."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("commerce.inventory.migrations.0012_holds_of_checkouts")

_LIVE = "WHERE r.state = 'active' AND r.expires_at > statement_timestamp()"


def _again(text: str) -> str:
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _with_lapsed(text: str) -> str:
    if text.count(_LIVE) != 2:
        raise ValueError("inventory_kept is another")
    return text.replace(_LIVE, "WHERE r.state = 'active'")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_holds_of_checkouts")]

    operations = [migrations.RunSQL(_again(_with_lapsed(BEFORE.KEPT)), _again(BEFORE.KEPT))]
