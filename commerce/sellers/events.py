from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ApplicationReceived(Fact):
    """Somebody asks to sell."""

    name: ClassVar[str] = "sellers.application-received.v1"
    application_id: int


@dataclass(frozen=True, kw_only=True)
class ApplicationRejected(Fact):
    """Staff declined an application."""

    name: ClassVar[str] = "sellers.application-rejected.v1"
    application_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SellerApproved(Fact):
    """A seller exists and may sell; without an application it was registered by staff."""

    name: ClassVar[str] = "sellers.seller-approved.v1"
    seller_id: int
    application_id: int | None
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SellerSuspended(Fact):
    """Nothing of the seller may be bought until further notice."""

    name: ClassVar[str] = "sellers.seller-suspended.v1"
    seller_id: int


@dataclass(frozen=True, kw_only=True)
class SellerReinstated(Fact):
    """A suspended seller may sell again."""

    name: ClassVar[str] = "sellers.seller-reinstated.v1"
    seller_id: int


@dataclass(frozen=True, kw_only=True)
class SellerRenamed(Fact):
    """A seller's name and slug changed."""

    name: ClassVar[str] = "sellers.seller-renamed.v1"
    seller_id: int


@dataclass(frozen=True, kw_only=True)
class MemberAdded(Fact):
    """A person began to work for a seller."""

    name: ClassVar[str] = "sellers.member-added.v1"
    seller_id: int
    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Fact):
    """Somebody was asked by mail to work for a seller."""

    name: ClassVar[str] = "sellers.member-invited.v1"
    seller_id: int
    invitation_id: int


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Fact):
    """A person does other work for the same seller."""

    name: ClassVar[str] = "sellers.member-role-changed.v1"
    seller_id: int
    user_id: int
    from_role: str
    to_role: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Fact):
    """A person no longer works for a seller."""

    name: ClassVar[str] = "sellers.member-removed.v1"
    seller_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True)
class BankDetailsChanged(Fact):
    """Payouts would go to another bank account than before; they pause for a while."""

    name: ClassVar[str] = "sellers.bank-details-changed.v1"
    seller_id: int
    paused_until: str


@dataclass(frozen=True, kw_only=True)
class ConnectedAccountChanged(Fact):
    """The seller's account at the payment provider was linked, or its powers changed."""

    name: ClassVar[str] = "sellers.connected-account-changed.v1"
    seller_id: int
    payouts_enabled: bool
