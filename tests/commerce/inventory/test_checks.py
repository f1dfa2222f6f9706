"""Whoever deploys over a release without the holds of checkouts is told before it goes wrong."""

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    messages = run_checks(tags=[Tags.database], databases=["default"])
    return [str(each.id) for each in messages if str(each.id).startswith("inventory")]


def never_applied(*names: str) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="inventory", name__in=names).delete()


def test_a_database_that_knows_the_holds_is_as_it_should_be() -> None:
    assert found() == []


def test_a_release_without_holds_is_named_while_it_may_still_run() -> None:
    never_applied("0012_holds_of_checkouts")

    assert found() == ["inventory.W001"]


def test_a_new_shop_has_no_older_processes() -> None:
    never_applied("0001_initial", "0012_holds_of_checkouts")

    assert found() == []


def test_without_holds_there_is_nothing_to_know(settings) -> None:
    never_applied("0012_holds_of_checkouts")
    settings.CHECKOUT_HOLD_MINUTES = 0

    assert found() == []
