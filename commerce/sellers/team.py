"""Who works for a seller: invited by mail, given a role, let go. Triggers write the history."""

from datetime import timedelta

from django.db import IntegrityError, transaction

from commerce.accounts import queries as accounts
from commerce.kernel import actor, clock
from commerce.kernel.confinement import unconfined
from commerce.outbox.bus import publish

from . import queries
from .connecting import locked
from .events import MemberInvited, MemberRemoved, MemberRoleChanged
from .models import Invitation, Member
from .opening import add_member

MOST_INVITATIONS = 20
MOST_A_DAY = 40


class LastOwner(ValueError):
    """A seller keeps at least one owner."""

    def __init__(self) -> None:
        super().__init__("A shop needs an owner. Make somebody else the owner first.")


class NotAMember(LookupError):
    """The person does not work for the seller."""


class AlreadyInvited(ValueError):
    """The address has an invitation that can still be accepted."""

    def __init__(self) -> None:
        super().__init__("This address is invited already. Take that invitation back first.")


class TooManyInvitations(ValueError):
    """More people than a shop has are invited at once."""

    def __init__(self) -> None:
        super().__init__(
            f"A shop has at most {MOST_INVITATIONS} invitations open, and sends {MOST_A_DAY} a day."
            " Wait for answers, or take some back."
        )


class InvitationGone(LookupError):
    """The link was used, has lapsed, was taken back, or never was one."""


class ForSomebodyElse(ValueError):
    """The invitation went to another address than the signed-in person has."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"This invitation is for {email}. Sign in with that address.")


@unconfined()
@transaction.atomic
def invite(*, seller_id: int, email: str, role: str, invited_by: int) -> int:
    """Invite somebody to work for a seller; returns the invitation's id.

    Whether the address has an account plays no part and shows nowhere. Raises
    AlreadyInvited, TooManyInvitations.
    """
    locked(seller_id)
    email = email.strip().lower()
    open_ones = Invitation.objects.filter(
        seller_id=seller_id, settled_at=None, expires_at__gt=clock.now()
    )
    if open_ones.filter(email=email).exists():
        raise AlreadyInvited
    today = Invitation.objects.filter(
        seller_id=seller_id, created_at__gt=clock.now() - timedelta(days=1)
    )
    if open_ones.count() >= MOST_INVITATIONS or today.count() >= MOST_A_DAY:
        raise TooManyInvitations
    actor.tell_database(cause="invited")
    row = Invitation.objects.create(
        seller_id=seller_id,
        email=email,
        role=Member.Role(role),
        invited_by_id=invited_by,
        expires_at=clock.now() + timedelta(days=queries.INVITATION_DAYS),
    )
    publish(MemberInvited(seller_id=seller_id, invitation_id=row.pk))
    return row.pk


@unconfined()
@transaction.atomic
def take_back_invitation(*, seller_id: int, invitation_id: int) -> None:
    """Let an invitation's link work no longer; repeating it changes nothing."""
    Invitation.objects.filter(pk=invitation_id, seller_id=seller_id, settled_at=None).update(
        settled_at=clock.now()
    )


@transaction.atomic
def accept_invitation(*, token: str, user_id: int) -> int:
    """Let the signed-in person work for the seller that invited it; returns the seller.

    The link works once. Raises InvitationGone, ForSomebodyElse, AlreadySelling.
    """
    row = queries.invitation_of(token=token)
    if row is None:
        raise InvitationGone
    locked(row.seller_id)
    if accounts.user_emails(user_ids=[user_id]).get(user_id, "").lower() != row.email:
        raise ForSomebodyElse(row.email)
    used = Invitation.objects.filter(pk=row.id, settled_at=None).update(
        settled_at=clock.now(), accepted_by_id=user_id
    )
    if not used:
        raise InvitationGone
    actor.tell_database(cause="accepted an invitation")
    add_member(seller_id=row.seller_id, user_id=user_id, role=row.role)
    return row.seller_id


@unconfined()
@transaction.atomic
def change_role(*, seller_id: int, user_id: int, role: str) -> None:
    """Give a person other work; the same role changes nothing. Raises NotAMember, LastOwner."""
    locked(seller_id)
    member = Member.objects.filter(seller_id=seller_id, user_id=user_id).first()
    if member is None:
        raise NotAMember(user_id)
    before, member.role = member.role, Member.Role(role)
    if before == member.role:
        return
    actor.tell_database(cause="role changed")
    try:
        with transaction.atomic():
            member.save(update_fields=["role"])
    except IntegrityError as refusal:
        raise LastOwner from refusal
    publish(
        MemberRoleChanged(
            seller_id=seller_id, user_id=user_id, from_role=before, to_role=member.role
        )
    )


@unconfined()
@transaction.atomic
def remove_member(*, seller_id: int, user_id: int) -> None:
    """End a person's work for a seller; repeating it changes nothing. Raises LastOwner."""
    locked(seller_id)
    member = Member.objects.filter(seller_id=seller_id, user_id=user_id).first()
    if member is None:
        return
    actor.tell_database(cause="removed")
    try:
        with transaction.atomic():
            member.delete()
    except IntegrityError as refusal:
        raise LastOwner from refusal
    publish(MemberRemoved(seller_id=seller_id, user_id=user_id))
