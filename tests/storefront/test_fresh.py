"""What a device that was remembered for weeks may not do without the password."""

from typing import Any

import pytest
from django.urls import reverse

from commerce.accounts import operations, queries
from commerce.accounts.models import User
from storefront import fresh
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.selling import signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "Colonnade-7"
NEW = reverse("account-address-new")


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada@example.com", password=PASSWORD)
    operations.save_address(user_id=user.pk, address=SAN_FRANCISCO)
    return user


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two hours pass after the sign-in."""

    def pass_time() -> None:
        now = fresh.clock() + 2 * 3600
        monkeypatch.setattr(fresh, "clock", lambda: now)

    return pass_time


def names(user: User) -> list[str]:
    return [entry.name for entry in queries.addresses_of(user_id=user.pk)]


def test_within_the_hour_nobody_is_asked(ada: User) -> None:
    assert signed_in(ada).get(NEW).status_code == 200


def test_later_the_password_is_asked_before_an_address_changes(ada: User, later: Any) -> None:
    client = signed_in(ada)
    (known,) = queries.addresses_of(user_id=ada.pk)
    later()

    for path in (NEW, reverse("account-address", args=[known.id])):
        assert client.get(path)["Location"].startswith(reverse("account_reauthenticate"))
    gone = client.post(reverse("account-address-delete", args=[known.id]))
    assert gone["Location"].startswith(reverse("account_reauthenticate"))
    assert names(ada) == [SAN_FRANCISCO.name]


def test_what_was_typed_is_carried_out_once_the_password_is_given(
    ada: User, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(ada)
    later()
    typed = {**SAN_FRANCISCO.as_dict(), "name": "Ada at work"}
    asked = client.post(NEW, typed)
    monkeypatch.undo()
    monkeypatch.setattr(fresh, "_SIGNED_IN", "nothing")  # only the password counts now

    done = client.post(asked["Location"], {"password": PASSWORD, "next": NEW})

    assert done["Location"] == reverse("account-addresses")
    assert sorted(names(ada)) == sorted([SAN_FRANCISCO.name, "Ada at work"])


def test_the_wrong_password_changes_nothing(ada: User, later: Any) -> None:
    client = signed_in(ada)
    later()
    asked = client.post(NEW, {**SAN_FRANCISCO.as_dict(), "name": "Eve"})

    refused = client.post(asked["Location"], {"password": "wrong", "next": NEW})

    assert refused.status_code == 200
    assert names(ada) == [SAN_FRANCISCO.name]


def test_the_first_address_asks_for_nothing(later: Any) -> None:
    client = signed_in(make_user())
    later()

    assert client.get(NEW).status_code == 200


def test_looking_asks_for_nothing(ada: User, later: Any) -> None:
    client = signed_in(ada)
    later()

    assert client.get(reverse("account-addresses")).status_code == 200
