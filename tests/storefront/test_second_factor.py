"""People who can enter the admin: a second factor used in this session, and short sessions."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from commerce.accounts.models import User
from commerce.kernel.sealing import unseal
from tests.factories.accounts import make_user
from tests.support.signing_in import PASSWORD, sign_in
from tests.support.totp import totp

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.MFA_REQUIRED_FOR_STAFF = True


def give_an_app(user: User, secret: str = SECRET) -> None:
    Authenticator.objects.create(user=user, type="totp", data={"secret": secret})
    codes = {"seed": "00" * 20, "used_mask": 0}
    Authenticator.objects.create(user=user, type="recovery_codes", data=codes)


def recovery_code(user: User) -> str:
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap()
    return str(codes.get_unused_codes()[0])


def sign_in_with_code(client: Client, user: User, secret: str = SECRET) -> Any:
    sign_in(client, user)
    return client.post(reverse("mfa_authenticate"), {"code": totp(secret)})


def prove(client: Client) -> None:
    """Sign in again, as changes to how one signs in ask for."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def leads_to(response: Any) -> str:
    return str(response["Location"]).partition("?")[0]


@pytest.mark.parametrize("who", ["staff", "seller"])
def test_without_a_second_factor_the_admin_leads_to_setting_one_up(
    client: Client, request: pytest.FixtureRequest, who: str
) -> None:
    sign_in(client, request.getfixturevalue(who))

    assert leads_to(client.get("/admin/")) == reverse("mfa_activate_totp")
    assert leads_to(client.post("/admin/pages/1/edit/")) == reverse("mfa_activate_totp")
    assert client.get("/account/").status_code == 200


def test_a_shopper_needs_none(client: Client, shopper: User) -> None:
    sign_in(client, shopper)

    assert client.get("/account/").status_code == 200
    assert client.get("/admin/").status_code == 404


def test_the_way_out_of_the_admin_stays_open(client: Client, staff: User) -> None:
    sign_in(client, staff)

    client.post("/admin/logout/")

    assert leads_to(client.get("/account/")) == reverse("account_login")


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_opens_the_admin_at_once(client: Client, staff: User) -> None:
    sign_in(client, staff)
    assert leads_to(client.get(reverse("mfa_activate_totp"))) == reverse("account_reauthenticate")
    prove(client)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]

    done = client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})

    assert leads_to(done) == reverse("mfa_view_recovery_codes")
    assert client.get("/admin/").status_code == 200


def test_a_wrong_code_sets_nothing_up(client: Client, staff: User) -> None:
    sign_in(client, staff)
    prove(client)
    client.get(reverse("mfa_activate_totp"))

    response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert "Incorrect code" in response.content.decode()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("who", ["staff", "seller", "shopper"])
def test_whoever_has_one_is_asked_for_it_at_sign_in(
    client: Client, request: pytest.FixtureRequest, who: str
) -> None:
    user = request.getfixturevalue(who)
    give_an_app(user)

    assert leads_to(sign_in(client, user)) == reverse("mfa_authenticate")
    assert leads_to(client.get("/account/")) == reverse("account_login")


def test_the_right_code_opens_the_admin(client: Client, seller: User) -> None:
    give_an_app(seller)

    sign_in_with_code(client, seller)

    assert client.get("/admin/").status_code == 200


def test_a_code_works_once(client: Client, staff: User) -> None:
    give_an_app(staff)
    sign_in_with_code(client, staff)
    second = Client()

    response = sign_in_with_code(second, staff)

    assert response.status_code == 200
    assert "Incorrect code" in response.content.decode()


def test_an_old_code_is_refused(client: Client, staff: User) -> None:
    give_an_app(staff)
    sign_in(client, staff)

    response = client.post(
        reverse("mfa_authenticate"), {"code": totp(SECRET, at=time.time() - 120)}
    )

    assert "Incorrect code" in response.content.decode()


def test_a_recovery_code_works_once(client: Client, staff: User) -> None:
    give_an_app(staff)
    code = recovery_code(staff)
    sign_in(client, staff)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/admin/").status_code == 200
    again = Client()
    sign_in(again, staff)

    response = again.post(reverse("mfa_authenticate"), {"code": code})

    assert "Incorrect code" in response.content.decode()


def test_one_that_was_not_used_in_this_session_does_not_count(client: Client, staff: User) -> None:
    """It was set up elsewhere while this session was open already."""
    sign_in(client, staff)
    give_an_app(staff)

    asked = client.get("/admin/pages/")
    assert asked["Location"] == f"{reverse('mfa_reauthenticate')}?next=%2Fadmin%2Fpages%2F"
    client.post(asked["Location"], {"code": totp(SECRET)})

    assert client.get("/admin/").status_code == 200


def test_somebody_elses_second_factor_does_not_count(client: Client, staff: User) -> None:
    give_an_app(staff)
    sign_in_with_code(client, staff)
    other = make_user(is_superuser=True)

    client.force_login(other)

    assert leads_to(client.get("/admin/")) == reverse("mfa_activate_totp")


def test_those_who_must_have_one_cannot_switch_it_off(client: Client, staff: User) -> None:
    give_an_app(staff)
    sign_in_with_code(client, staff)
    prove(client)

    response = client.post(reverse("mfa_deactivate_totp"))

    assert "the second factor stays on" in response.content.decode()
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_a_shopper_may_switch_it_off_after_signing_in_again(client: Client, shopper: User) -> None:
    give_an_app(shopper)
    sign_in_with_code(client, shopper)
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert leads_to(refused) == reverse("account_reauthenticate")
    assert Authenticator.objects.count() == 2
    prove(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_moves_to_another_phone_without_a_moment_off(client: Client, staff: User) -> None:
    give_an_app(staff)
    sign_in_with_code(client, staff)
    move = reverse("second-factor-move")
    assert leads_to(client.get(move)) == reverse("account_reauthenticate")
    prove(client)
    page = client.get(move).content.decode()
    secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]
    assert secret != SECRET
    client.post(move, {"code": totp(SECRET)})
    assert unseal(Authenticator.objects.get(type="totp").data["secret"]) == SECRET
    secret = client.session["mfa.totp.secret"]

    client.post(move, {"code": totp(secret)})

    assert unseal(Authenticator.objects.get(type="totp").data["secret"]) == secret
    assert client.get("/admin/").status_code == 200


def test_there_is_nothing_to_move_without_one(client: Client, shopper: User) -> None:
    sign_in(client, shopper)
    prove(client)

    response = client.get(reverse("second-factor-move"))

    assert leads_to(response) == reverse("mfa_activate_totp")
