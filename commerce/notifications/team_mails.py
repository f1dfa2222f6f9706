"""Mails about who works for a seller: the invitation, and what its owners are told."""

from typing import Any

from commerce.sellers.types import InvitationData, SellerData

from .rendering import absolute

Mail = dict[str, Any]
TEAM = "/admin/selling/team/"
WORK = {
    "owner": "an owner, with everything an owner may do",
    "editor": "an editor: products, prices, stock and pages",
    "packer": "a packer: orders and parcels",
}


def invited(invitation: InvitationData, *, token: str) -> Mail:
    """To whoever is asked; the same words for somebody with an account and without."""
    return {
        "key": f"team-invitation:{invitation.id}",
        "kind": "team_invitation",
        "recipient": invitation.email,
        "subject": f"{invitation.seller_name} invites you to work with it",
        "context": {
            "shop": invitation.seller_name,
            "work": WORK[invitation.role],
            "until": invitation.expires_at,
            "link": absolute(f"/sell/join/{token}/"),
        },
    }


def changed(seller: SellerData, recipient: str, *, key: str, headline: str, sentence: str) -> Mail:
    """To an owner: something about the team is different."""
    return {
        "key": f"team:{key}:{recipient}",
        "kind": "team_changed",
        "recipient": recipient,
        "subject": headline,
        "context": {
            "shop": seller.name,
            "headline": headline,
            "sentence": sentence,
            "link": absolute(TEAM),
        },
    }
