from django.db import IntegrityError, transaction

from commerce.accounts import queries as accounts
from commerce.outbox.bus import publish

from . import naming
from .applications import (
    AlreadyApplied,
    AlreadyDecided,
    InvalidApplication,
    apply,
    approve,
    reject,
)
from .connecting import SellerNotFound, lift_payout_pause, locked, record_connected_account
from .events import (
    SellerApproved,
    SellerReinstated,
    SellerRenamed,
    SellerSuspended,
)
from .models import Seller
from .naming import InvalidName, NameTaken
from .opening import AlreadySelling, InvalidRate, add_member, agree_commission, open_shop
from .planning import (
    NotOffered,
    add_commission_rule,
    end_commission_rule,
    offer_plan,
    record_paid,
    subscribe,
    unsubscribe,
)
from .team import (
    AlreadyInvited,
    ForSomebodyElse,
    InvitationGone,
    LastOwner,
    NotAMember,
    TooManyInvitations,
    accept_invitation,
    change_role,
    invite,
    remove_member,
    take_back_invitation,
)

__all__ = [
    "AlreadyApplied",
    "AlreadyDecided",
    "AlreadyInvited",
    "AlreadySelling",
    "ForSomebodyElse",
    "InvalidApplication",
    "InvalidName",
    "InvalidRate",
    "InvitationGone",
    "LastOwner",
    "NameTaken",
    "NotAMember",
    "NotOffered",
    "SellerNotFound",
    "TooManyInvitations",
    "accept_invitation",
    "add_commission_rule",
    "add_member",
    "agree_commission",
    "apply",
    "approve",
    "change_role",
    "end_commission_rule",
    "invite",
    "lift_payout_pause",
    "offer_plan",
    "record_connected_account",
    "record_paid",
    "reject",
    "remove_member",
    "subscribe",
    "take_back_invitation",
    "unsubscribe",
]


@transaction.atomic
def register(
    *,
    name: str,
    owner_id: int,
    legal_name: str,
    email: str,
    country: str,
    rate_bps: int,
    trusted: bool = False,
) -> int:
    """Open a shop without an application, as staff do for a partner; returns its id.

    Raises InvalidName, NameTaken, AlreadySelling, InvalidRate, accounts' UnknownCountry.
    """
    seller_id = open_shop(
        name=naming.tidy(name),
        legal_name=legal_name,
        email=email,
        country=accounts.address_rules(country=country).country,
        owner_id=owner_id,
        rate_bps=rate_bps,
        trusted=trusted,
    )
    publish(SellerApproved(seller_id=seller_id, application_id=None, user_id=owner_id))
    return seller_id


@transaction.atomic
def suspend(*, seller_id: int, reason: str) -> None:
    """Take everything of a seller off sale; repeating it changes nothing. Raises SellerNotFound."""
    seller = locked(seller_id)
    if seller.state != Seller.State.ACTIVE:
        return
    seller.state = Seller.State.SUSPENDED
    seller.suspension_reason = reason.strip()[:500]
    seller.save(update_fields=["state", "suspension_reason"])
    publish(SellerSuspended(seller_id=seller_id))


@transaction.atomic
def reinstate(*, seller_id: int) -> None:
    """Let a suspended seller sell again; repeating it changes nothing. Raises SellerNotFound."""
    seller = locked(seller_id)
    if seller.state != Seller.State.SUSPENDED:
        return
    seller.state = Seller.State.ACTIVE
    seller.suspension_reason = ""
    seller.save(update_fields=["state", "suspension_reason"])
    publish(SellerReinstated(seller_id=seller_id))


@transaction.atomic
def rename(*, seller_id: int, name: str) -> None:
    """Change a shop's name and its slug with it.

    Raises InvalidName, NameTaken, SellerNotFound.
    """
    name = naming.tidy(name)
    seller = locked(seller_id)
    if seller.name == name:
        return
    naming.refuse_taken(name, but_of=seller_id)
    seller.name, seller.slug = name, naming.free_slug(name, but_of=seller_id)
    try:
        with transaction.atomic():
            seller.save(update_fields=["name", "slug"])
    except IntegrityError as clash:
        raise NameTaken(name) from clash
    publish(SellerRenamed(seller_id=seller_id))


@transaction.atomic
def trust(*, seller_id: int, trusted: bool) -> None:
    """Let a seller publish without moderation, or no longer. Raises SellerNotFound."""
    seller = locked(seller_id)
    seller.trusted = trusted
    seller.save(update_fields=["trusted"])
