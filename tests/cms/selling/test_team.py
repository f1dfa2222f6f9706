"""The owner's screen of the team."""

import pytest
from django.urls import reverse

from commerce.sellers import operations, queries
from commerce.sellers.models import Invitation
from tests.factories.accounts import make_user
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

TEAM = "/admin/selling/team/"


@pytest.fixture
def shop():
    return open_shop("Acme")


def roles(shop):
    members = queries.members(seller_ids=[shop.seller.pk])[shop.seller.pk]
    return {member.email: member.role for member in members}


def test_an_owner_invites_somebody_and_takes_it_back(shop):
    client = shop.client("owner")

    page = client.post(TEAM, {"email": "new@example.com", "role": "packer"}, follow=True)
    assert "An invitation is on its way to new@example.com." in page.content.decode()

    invitation = Invitation.objects.get()
    client.post(reverse("selling:invitation_take_back", args=[invitation.pk]))
    assert queries.open_invitations(seller_id=shop.seller.pk) == []


def test_the_screen_answers_alike_for_known_and_unknown_addresses(shop):
    make_user(email="known@example.com")
    client = shop.client("owner")

    answers = [
        client.post(TEAM, {"email": email, "role": "packer"}, follow=True).content.decode()
        for email in ("known@example.com", "unknown@example.com")
    ]

    assert "on its way to known@example.com" in answers[0]
    assert "on its way to unknown@example.com" in answers[1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "nobody", "role": "packer"}, "valid email address"),
        ({"email": "new@example.com", "role": "king"}, "not one of the available choices"),
        ({"email": "", "role": "packer"}, "required"),
        ({"email": "a" * 300 + "@example.com", "role": "packer"}, "at most 254"),
    ],
)
def test_what_cannot_be_is_explained_and_kept(shop, typed, said):
    page = shop.client("owner").post(TEAM, typed)

    assert page.status_code == 422
    assert said in page.content.decode()


def test_inviting_twice_is_explained(shop):
    client = shop.client("owner")
    client.post(TEAM, {"email": "new@example.com", "role": "packer"})

    page = client.post(TEAM, {"email": "new@example.com", "role": "editor"})

    assert "invited already" in page.content.decode()


def test_a_role_is_changed_and_a_person_removed(shop):
    client = shop.client("owner")
    packer = shop.people["packer"]

    client.post(reverse("selling:team_role", args=[packer.pk]), {"role": "editor"})
    assert roles(shop)[packer.email] == "editor"
    client.post(reverse("selling:team_remove", args=[packer.pk]))
    assert packer.email not in roles(shop)
    page = client.get(TEAM).content.decode()
    assert "was packer, is editor" in page
    assert "left, was editor" in page
    assert shop.client("packer").get("/admin/selling/orders/").status_code == 404


def test_the_last_owner_is_told_why_not(shop):
    client = shop.client("owner")
    owner = shop.people["owner"]

    page = client.post(reverse("selling:team_remove", args=[owner.pk]), follow=True)

    assert "A shop needs an owner." in page.content.decode()
    assert roles(shop)[owner.email] == "owner"


@pytest.mark.parametrize("role", ["editor", "packer"])
def test_only_owners_look_after_the_team(shop, role):
    client = shop.client(role)

    assert client.get(TEAM).status_code == 404
    assert client.post(TEAM, {"email": "new@example.com", "role": "owner"}).status_code == 404
    own = shop.people[role].pk
    assert (
        client.post(reverse("selling:team_role", args=[own]), {"role": "owner"}).status_code == 404
    )
    assert not Invitation.objects.exists()


def test_people_and_invitations_of_others_do_not_exist(shop):
    other = open_shop("Borealis")
    theirs = operations.invite(
        seller_id=other.seller.pk, email="new@example.com", role="packer",
        invited_by=other.people["owner"].pk,
    )  # fmt: skip
    client = shop.client("owner")
    person = other.people["packer"].pk

    for address in (
        reverse("selling:team_role", args=[person]),
        reverse("selling:team_remove", args=[person]),
        reverse("selling:invitation_take_back", args=[theirs]),
    ):
        assert client.post(address, {"role": "packer"}).status_code == 404
    assert len(queries.open_invitations(seller_id=other.seller.pk)) == 1
    assert "borealis" not in client.get(TEAM).content.decode().lower()
