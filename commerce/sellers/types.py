from dataclasses import dataclass
from datetime import datetime

from commerce.kernel.money import Money

from .commission import Commissioned, Rate

__all__ = [
    "ApplicationData",
    "Commissioned",
    "InvitationData",
    "MemberData",
    "Membership",
    "PlanData",
    "Rate",
    "SellerData",
    "SubscriptionData",
    "TeamMoveData",
]


@dataclass(frozen=True, kw_only=True)
class SellerData:
    """A shop in the marketplace."""

    id: int
    name: str
    slug: str
    legal_name: str
    email: str
    country: str
    state: str
    trusted: bool
    stripe_account_id: str
    payouts_enabled: bool
    payouts_paused_until: datetime | None = None
    has_bank: bool = False
    """Whether the provider was ever told where the money goes, even if it may not go now."""

    @property
    def is_active(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, kw_only=True)
class Membership:
    """Which seller a person works for, and as what: owner, editor or packer."""

    seller_id: int
    role: str
    seller_name: str
    seller_state: str


@dataclass(frozen=True, kw_only=True)
class InvitationData:
    """Who is asked to work for a seller, as what, and until when."""

    id: int
    seller_id: int
    seller_name: str
    email: str
    role: str
    expires_at: datetime
    invited_by: int | None


@dataclass(frozen=True, kw_only=True)
class TeamMoveData:
    """Somebody began, changed or ended work for a seller."""

    at: datetime
    person_id: int
    from_role: str
    to_role: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class MemberData:
    """A person who works for a seller."""

    user_id: int
    email: str
    first_name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class ApplicationData:
    """Somebody's wish to sell, and what became of it."""

    id: int
    user_id: int
    shop_name: str
    legal_name: str
    email: str
    country: str
    about: str
    state: str
    reason: str
    seller_id: int | None
    submitted_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PlanData:
    """What sellers may subscribe to."""

    code: str
    name: str
    description: str
    monthly: Money
    is_offered: bool


@dataclass(frozen=True, kw_only=True)
class SubscriptionData:
    """A seller on a plan, at the price that was frozen when it was chosen."""

    id: int
    seller_id: int
    plan: PlanData
    monthly: Money
    started_at: datetime
    paid_until: datetime
    ends_at: datetime | None
