"""Secrets of second factors are of no use to whoever steals the table."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from commerce.kernel.sealing import CannotOpen, seal, unseal
from storefront.second_factor import reseal
from tests.factories.accounts import make_user
from tests.support.totp import totp

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"


def test_what_is_kept_does_not_show_the_secret() -> None:
    row = TOTP.activate(make_user(), SECRET).instance

    kept = Authenticator.objects.get(pk=row.pk).data["secret"]

    assert SECRET not in kept
    assert unseal(kept) == SECRET
    assert seal(SECRET) != seal(SECRET)


def test_codes_are_accepted_all_the_same() -> None:
    app = TOTP.activate(make_user(), SECRET)

    assert app.validate_code(totp(SECRET))


def test_what_was_kept_in_plain_text_works_and_is_sealed_by_the_migration() -> None:
    row = Authenticator.objects.create(
        user=make_user(), type=Authenticator.Type.TOTP, data={"secret": SECRET}
    )
    recovery = Authenticator.objects.create(
        user=row.user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "abc", "used_mask": 5}
    )
    assert unseal(row.data["secret"]) == SECRET

    assert reseal() == 2

    row.refresh_from_db()
    recovery.refresh_from_db()
    assert row.data["secret"].startswith("sealed:1:")
    assert (unseal(recovery.data["seed"]), recovery.data["used_mask"]) == ("abc", 5)


def test_keys_are_changed_one_step_at_a_time(settings: Any, capsys: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["the old key"]
    row = TOTP.activate(make_user(), SECRET).instance

    settings.FIELD_ENCRYPTION_KEYS = ["the new key", "the old key"]
    assert unseal(Authenticator.objects.get(pk=row.pk).data["secret"]) == SECRET
    call_command("rotate_field_keys")
    assert "1 second factors" in capsys.readouterr().out

    settings.FIELD_ENCRYPTION_KEYS = ["the new key"]
    assert unseal(Authenticator.objects.get(pk=row.pk).data["secret"]) == SECRET


def test_a_key_that_was_taken_away_too_early_is_asked_for(settings: Any) -> None:
    TOTP.activate(make_user(), SECRET)
    settings.FIELD_ENCRYPTION_KEYS = ["another key"]

    with pytest.raises(CannotOpen):
        unseal(Authenticator.objects.get().data["secret"])
    with pytest.raises(CommandError, match="Put the former key back"):
        call_command("rotate_field_keys")


def test_the_page_that_sets_it_up_still_does(client: Client) -> None:
    user = make_user()
    client.force_login(user)

    assert client.get(reverse("mfa_index")).status_code in (200, 302)
