import pytest
from django.db import connection, transaction

from commerce.kernel import actor


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [name])
        return str(cursor.fetchone()[0])


def test_nobody_in_particular_is_the_system() -> None:
    assert actor.current() == "system"


def test_an_actor_lasts_for_its_block() -> None:
    with actor.acting_as("user:7"):
        assert actor.current() == "user:7"
    assert actor.current() == "system"


@pytest.mark.django_db(transaction=True)
def test_the_database_knows_actor_and_cause_until_the_transaction_ends() -> None:
    with transaction.atomic(), actor.acting_as("user:7"):
        actor.tell_database(cause="recount")
        inside = setting("stoa.actor"), setting("stoa.cause")

    assert inside == ("user:7", "recount")
    assert (setting("stoa.actor"), setting("stoa.cause")) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_telling_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        actor.tell_database()
