"""Who works for a seller: invited, given a role, let go; a shop always has an owner."""

import re

import pytest
from django.core import signing
from django.db import IntegrityError, connection, transaction

from commerce.kernel.actor import acting_as
from commerce.notifications.models import Message
from commerce.outbox.models import Delivery, Event
from commerce.outbox.operations import deliver
from commerce.sellers import operations, queries
from commerce.sellers.models import Invitation, Member, TeamMove
from tests.factories.accounts import make_user
from tests.factories.sellers import make_member, make_seller
from tests.support.race import race_all


@pytest.fixture
def seller(db):
    return make_seller(name="Acme")


@pytest.fixture
def owner(seller):
    return make_member(seller, role="owner", email="olga@acme.example").user


def invite(seller, owner, email="new@example.com", role="editor"):
    return operations.invite(seller_id=seller.pk, email=email, role=role, invited_by=owner.pk)


def token_of(invitation_id):
    return queries.invitation_token(invitation_id=invitation_id)


def work_off():
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.notifications", delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)


def test_an_invited_person_works_for_the_seller_once_the_link_was_used(seller, owner):
    person = make_user(email="New@example.com")
    token = token_of(invite(seller, owner))

    assert operations.accept_invitation(token=token, user_id=person.pk) == seller.pk

    assert queries.seller_of(user_id=person.pk).role == "editor"
    assert queries.open_invitations(seller_id=seller.pk) == []
    assert queries.invitation_of(token=token) is None
    with pytest.raises(operations.InvitationGone):
        operations.accept_invitation(token=token, user_id=person.pk)


def test_a_link_taken_back_lapsed_or_made_up_opens_nothing(seller, owner, monkeypatch):
    person = make_user(email="new@example.com")
    taken_back = invite(seller, owner)
    operations.take_back_invitation(seller_id=seller.pk, invitation_id=taken_back)
    lapsed = Invitation.objects.create(
        seller=seller, email="new@example.com", role="editor",
        expires_at="2020-01-01T00:00:00Z",
    )  # fmt: skip
    forged = signing.dumps(lapsed.pk, salt="another")

    for token in (token_of(taken_back), token_of(lapsed.pk), forged, "x", ""):
        with pytest.raises(operations.InvitationGone):
            operations.accept_invitation(token=token, user_id=person.pk)


def test_a_forwarded_link_is_of_no_use_to_others(seller, owner):
    stranger = make_user(email="stranger@example.com")

    with pytest.raises(operations.ForSomebodyElse):
        operations.accept_invitation(token=token_of(invite(seller, owner)), user_id=stranger.pk)

    assert queries.seller_of(user_id=stranger.pk) is None


def test_one_person_works_for_one_seller(seller, owner):
    busy = make_member(make_seller(), email="new@example.com").user

    with pytest.raises(operations.AlreadySelling):
        operations.accept_invitation(token=token_of(invite(seller, owner)), user_id=busy.pk)

    assert len(queries.open_invitations(seller_id=seller.pk)) == 1


def without_moments(text):
    """Leave out what tells when it was written: the link's signature, and until when it works."""
    text, links = re.subn(r"/sell/join/\S+", "", text)
    text, moments = re.subn(r"until \d+ \w+ \d{4}, \d\d:\d\d UTC", "", text)
    assert (links, moments) == (1, 1)
    return text


def test_inviting_tells_nothing_of_accounts(seller, owner):
    make_user(email="known@example.com")

    for known in ("known", "unknown"):
        invite(seller, owner, email=f"{known}@example.com")
    work_off()

    first, second = Message.objects.filter(kind="team_invitation").order_by("recipient")
    assert first.recipient == "known@example.com"
    assert without_moments(first.text) == without_moments(second.text)


def test_the_link_is_nowhere_in_the_facts(seller, owner):
    invitation_id = invite(seller, owner)

    payloads = [str(event.payload) for event in Event.objects.all()]
    assert not any(token_of(invitation_id) in payload for payload in payloads)
    assert not any("new@example.com" in payload for payload in payloads)


def test_an_address_is_invited_once_at_a_time(seller, owner):
    invite(seller, owner, email="New@example.com")

    with pytest.raises(operations.AlreadyInvited):
        invite(seller, owner, email=" new@EXAMPLE.com")


def test_a_shop_has_few_invitations_open_at_once(seller, owner):
    for number in range(20):
        invite(seller, owner, email=f"p{number}@example.com")

    with pytest.raises(operations.TooManyInvitations):
        invite(seller, owner)


def test_taking_back_does_not_make_room_for_mails_without_end(seller, owner):
    for number in range(40):
        invitation_id = invite(seller, owner, email=f"p{number}@example.com")
        operations.take_back_invitation(seller_id=seller.pk, invitation_id=invitation_id)

    with pytest.raises(operations.TooManyInvitations):
        invite(seller, owner)


def test_another_sellers_invitation_cannot_be_taken_back(seller, owner):
    invitation_id = invite(seller, owner)

    operations.take_back_invitation(seller_id=make_seller().pk, invitation_id=invitation_id)

    assert len(queries.open_invitations(seller_id=seller.pk)) == 1


def test_the_last_owner_stays_owner(seller, owner):
    with pytest.raises(operations.LastOwner):
        operations.remove_member(seller_id=seller.pk, user_id=owner.pk)
    with pytest.raises(operations.LastOwner):
        operations.change_role(seller_id=seller.pk, user_id=owner.pk, role="packer")

    assert queries.seller_of(user_id=owner.pk).role == "owner"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sellers_member WHERE seller_id = %s",
        "UPDATE sellers_member SET role = 'packer' WHERE seller_id = %s",
    ],
)
def test_the_database_keeps_the_last_owner_too(seller, owner, statement):
    with (
        pytest.raises(IntegrityError, match="keeps an owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [seller.pk])


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one():
    seller = make_seller()
    first, second = (make_member(seller, role="owner").user for _ in range(2))

    def removing(user):
        return lambda: operations.remove_member(seller_id=seller.pk, user_id=user.pk)

    results = race_all([removing(first), removing(second)])

    assert sorted(type(each).__name__ for each in results) == ["LastOwner", "NoneType"]
    assert Member.objects.filter(seller=seller, role="owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_used_twice_at_once_works_once():
    seller = make_seller()
    owner = make_member(seller, role="owner").user
    person = make_user(email="new@example.com")
    token = token_of(invite(seller, owner))

    def accept():
        return operations.accept_invitation(token=token, user_id=person.pk)

    results = race_all([accept, accept])

    assert results.count(seller.pk) == 1
    assert Member.objects.filter(user=person).count() == 1


def test_a_role_changes_and_everything_is_on_record(seller, owner):
    packer = make_member(seller, role="packer").user

    with acting_as(f"user:{owner.pk}"):
        operations.change_role(seller_id=seller.pk, user_id=packer.pk, role="editor")
        operations.change_role(seller_id=seller.pk, user_id=packer.pk, role="editor")
        operations.remove_member(seller_id=seller.pk, user_id=packer.pk)

    moves = queries.team_moves(seller_id=seller.pk)
    assert [(m.person_id, m.from_role, m.to_role) for m in moves[:2]] == [
        (packer.pk, "editor", ""),
        (packer.pk, "packer", "editor"),
    ]
    assert {move.actor for move in moves[:2]} == {f"user:{owner.pk}"}


def test_the_record_is_never_changed(seller, owner):
    assert TeamMove.objects.filter(seller=seller).exists()
    for change in (
        lambda: TeamMove.objects.update(actor="nobody"),
        lambda: TeamMove.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change()


def test_a_stranger_to_the_team_has_no_role_to_change(seller, owner):
    with pytest.raises(operations.NotAMember):
        operations.change_role(seller_id=seller.pk, user_id=make_user().pk, role="owner")


def test_the_owners_hear_of_every_change(seller, owner):
    second = make_member(seller, role="owner", email="otto@acme.example").user
    packer = make_member(seller, role="packer", email="pia@acme.example").user
    person = make_user(email="new@example.com")

    operations.accept_invitation(token=token_of(invite(seller, owner)), user_id=person.pk)
    operations.change_role(seller_id=seller.pk, user_id=packer.pk, role="editor")
    operations.remove_member(seller_id=seller.pk, user_id=packer.pk)
    work_off()

    told = Message.objects.filter(kind="team_changed")
    assert {message.recipient for message in told} == {owner.email, second.email}
    assert [message.subject for message in told.filter(recipient=owner.email).order_by("pk")] == [
        "new@example.com was invited to Acme",
        "new@example.com joined Acme",
        "pia@acme.example has another role at Acme",
        "pia@acme.example no longer works for Acme",
    ]
