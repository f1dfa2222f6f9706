"""Who hears that a seller's team changed: whoever was asked, and every owner."""

from commerce.accounts import queries as accounts
from commerce.outbox.facts import subscribe
from commerce.sellers import queries as sellers
from commerce.sellers.events import (
    MemberAdded,
    MemberInvited,
    MemberRemoved,
    MemberRoleChanged,
)

from . import operations, team_mails


@subscribe(MemberInvited)
def mail_the_invitation(fact: MemberInvited) -> None:
    invitation = sellers.invitations(invitation_ids=[fact.invitation_id])[fact.invitation_id]
    token = sellers.invitation_token(invitation_id=invitation.id)
    operations.send(**team_mails.invited(invitation, token=token))


@subscribe(MemberInvited)
def tell_owners_of_an_invitation(fact: MemberInvited) -> None:
    invitation = sellers.invitations(invitation_ids=[fact.invitation_id])[fact.invitation_id]
    _tell(
        fact.seller_id,
        key=f"invited:{invitation.id}",
        headline=f"{invitation.email} was invited to {invitation.seller_name}",
        sentence=f"As {team_mails.WORK[invitation.role]}.",
    )


@subscribe(MemberAdded)
def tell_owners_of_a_newcomer(fact: MemberAdded) -> None:
    who, shop = _who(fact.user_id), _shop(fact.seller_id)
    _tell(
        fact.seller_id,
        key=f"joined:{_move(fact.seller_id, fact.user_id, to_role=fact.role)}",
        headline=f"{who} joined {shop}",
        sentence=f"As {team_mails.WORK[fact.role]}.",
        but=fact.user_id,
    )


@subscribe(MemberRoleChanged)
def tell_owners_of_a_role(fact: MemberRoleChanged) -> None:
    who, shop = _who(fact.user_id), _shop(fact.seller_id)
    _tell(
        fact.seller_id,
        key=f"role:{_move(fact.seller_id, fact.user_id, to_role=fact.to_role)}",
        headline=f"{who} has another role at {shop}",
        sentence=f"Was {fact.from_role}; is now {team_mails.WORK[fact.to_role]}.",
    )


@subscribe(MemberRemoved)
def tell_owners_of_a_parting(fact: MemberRemoved) -> None:
    who, shop = _who(fact.user_id), _shop(fact.seller_id)
    _tell(
        fact.seller_id,
        key=f"left:{_move(fact.seller_id, fact.user_id, to_role='')}",
        headline=f"{who} no longer works for {shop}",
        sentence="The account can still shop, but enters the workspace no longer.",
    )


def _tell(seller_id: int, *, key: str, headline: str, sentence: str, but: int = 0) -> None:
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    for member in sellers.members(seller_ids=[seller_id])[seller_id]:
        if member.role == "owner" and member.user_id != but:
            mail = team_mails.changed(
                seller, member.email, key=key, headline=headline, sentence=sentence
            )
            operations.send(**mail)


def _move(seller_id: int, user_id: int, *, to_role: str) -> str:
    """Return what tells this change from others of the same kind."""
    moves = sellers.team_moves(seller_id=seller_id, limit=200)
    found = (each.at for each in moves if each.person_id == user_id and each.to_role == to_role)
    return f"{user_id}:{next(found, None)}"


def _who(user_id: int) -> str:
    return accounts.user_emails(user_ids=[user_id]).get(user_id, "Somebody")


def _shop(seller_id: int) -> str:
    return sellers.sellers(seller_ids=[seller_id])[seller_id].name
