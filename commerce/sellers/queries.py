from collections.abc import Iterable
from datetime import datetime

from django.core import signing
from django.db.models import F, Q
from django.db.models.functions import Mod, Now

from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, fetch

from .commission import Commissioned, NoAgreement, rates
from .models import Application, Invitation, Member, Plan, Seller, Subscription, TeamMove
from .types import (
    ApplicationData,
    InvitationData,
    MemberData,
    Membership,
    PlanData,
    SellerData,
    SubscriptionData,
    TeamMoveData,
)

__all__ = ["Commissioned", "NoAgreement", "rates"]

INVITATION_DAYS = 7
_SALT = "commerce.sellers.invitation"
_OPEN = Q(settled_at=None, expires_at__gt=Now())

_COLUMNS = (
    "id", "name", "slug", "legal_name", "email", "country", "state", "trusted",
    "stripe_account_id", "payouts_enabled", "payouts_paused_until",
)  # fmt: skip
_READ = (*_COLUMNS, "has_bank")
SELLERS = Planned(
    f"SELECT {', '.join(_COLUMNS)}, bank_fingerprint <> '' AS has_bank"  # noqa: S608
    " FROM sellers_seller WHERE id = ANY (%s)"
)


def _data(seller: Seller) -> SellerData:
    return SellerData(
        id=seller.pk,
        name=seller.name,
        slug=seller.slug,
        legal_name=seller.legal_name,
        email=seller.email,
        country=seller.country,
        state=seller.state,
        trusted=seller.trusted,
        stripe_account_id=seller.stripe_account_id,
        payouts_enabled=seller.payouts_enabled,
        payouts_paused_until=seller.payouts_paused_until,
        has_bank=bool(seller.bank_fingerprint),
    )


def sellers(*, seller_ids: Iterable[int]) -> dict[int, SellerData]:
    """Return the sellers that exist, by id, whatever their state."""
    rows = fetch(SELLERS, list(set(seller_ids)))
    return {row[0]: SellerData(**dict(zip(_READ, row, strict=True))) for row in rows}


def all_sellers(*, state: str | None = None) -> list[SellerData]:
    """Return every seller by name, or those in one state."""
    rows = Seller.objects.order_by("name")
    return [_data(row) for row in (rows.filter(state=state) if state else rows)]


def seller_by_slug(*, slug: str) -> SellerData | None:
    """Return the seller of that slug."""
    row = Seller.objects.filter(slug=slug).first()
    return _data(row) if row else None


def seller_by_account(*, stripe_account_id: str) -> SellerData | None:
    """Return the seller whose connected account it is."""
    if not stripe_account_id:
        return None
    row = Seller.objects.filter(stripe_account_id=stripe_account_id).first()
    return _data(row) if row else None


def accounts_in_turn(*, turn: int, of: int) -> list[str]:
    """Return the connected accounts of every so-manieth active seller, beginning at a turn."""
    rows = Seller.objects.annotate(turn=Mod(F("pk"), of)).filter(
        state=Seller.State.ACTIVE, turn=turn % of
    )
    return list(
        rows.exclude(stripe_account_id="")
        .order_by("pk")
        .values_list("stripe_account_id", flat=True)
    )


def seller_of(*, user_id: int) -> Membership | None:
    """Return which seller the person works for, if any."""
    row = (
        Member.objects.filter(user_id=user_id)
        .values_list("seller_id", "role", "seller__name", "seller__state")
        .first()
    )
    if row is None:
        return None
    return Membership(seller_id=row[0], role=row[1], seller_name=row[2], seller_state=row[3])


def members(*, seller_ids: Iterable[int]) -> dict[int, list[MemberData]]:
    """Return the people of each seller, the first to join first."""
    wanted = set(seller_ids)
    found: dict[int, list[MemberData]] = {seller_id: [] for seller_id in wanted}
    rows = (
        Member.objects.filter(seller_id__in=wanted, user__is_active=True)
        .order_by("pk")
        .values_list("seller_id", "user_id", "user__email", "user__first_name", "role")
    )
    for seller_id, user_id, email, first_name, role in rows:
        found[seller_id].append(
            MemberData(user_id=user_id, email=email, first_name=first_name, role=role)
        )
    return found


def invitations(*, invitation_ids: Iterable[int]) -> dict[int, InvitationData]:
    """Return invitations by id, whatever became of them."""
    return {row.id: row for row in _invitations(Q(pk__in=list(invitation_ids)))}


def open_invitations(*, seller_id: int) -> list[InvitationData]:
    """Return whom a seller has asked and who can still accept, the latest first."""
    return _invitations(_OPEN & Q(seller_id=seller_id))


def invitation_of(*, token: str) -> InvitationData | None:
    """Return the invitation of a mailed link while it can be accepted."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=INVITATION_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    found = _invitations(_OPEN & Q(pk=pk) & ~Q(seller__state=Seller.State.CLOSED))
    return found[0] if found else None


def invitation_token(*, invitation_id: int) -> str:
    """Return what the link in the mail carries; nothing of it is stored."""
    return signing.dumps(invitation_id, salt=_SALT)


def team_moves(*, seller_id: int, limit: int = 50) -> list[TeamMoveData]:
    """Return who began, changed or ended work for a seller, the latest first."""
    rows = TeamMove.objects.filter(seller_id=seller_id).order_by("-at", "-pk")[:limit]
    columns = ("at", "person_id", "from_role", "to_role", "actor")
    return [TeamMoveData(**row) for row in rows.values(*columns)]


def _invitations(condition: Q) -> list[InvitationData]:
    rows = Invitation.objects.filter(condition).select_related("seller").order_by("-pk")
    return [
        InvitationData(
            id=row.pk,
            seller_id=row.seller_id,
            seller_name=row.seller.name,
            email=row.email,
            role=row.role,
            expires_at=row.expires_at,
            invited_by=row.invited_by_id,
        )
        for row in rows
    ]


def commission_rates(*, seller_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Return each seller's rate in basis points for goods of no special category.

    Raises NoAgreement.
    """
    items = [Commissioned(key=seller_id, seller_id=seller_id) for seller_id in set(seller_ids)]
    return {seller_id: rate.bps for seller_id, rate in rates(items=items, at=at).items()}


def plans(*, offered: bool = True) -> list[PlanData]:
    """Return the plans that can be chosen, or all of them, cheapest first."""
    rows = Plan.objects.order_by("monthly_minor", "name")
    return [_plan(row) for row in (rows.filter(is_offered=True) if offered else rows)]


def subscription_of(*, seller_id: int) -> SubscriptionData | None:
    """Return the plan a seller is on now."""
    rows = Subscription.objects.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), seller_id=seller_id)
    row = rows.select_related("plan").order_by("-started_at").first()
    return _subscription(row) if row else None


def subscriptions_due(*, limit: int = 200) -> list[SubscriptionData]:
    """Return running plans whose paid month is over, longest due first."""
    rows = Subscription.objects.filter(ends_at=None, paid_until__lte=Now(), monthly_minor__gt=0)
    rows = rows.select_related("plan").order_by("paid_until", "pk")
    return [_subscription(row) for row in rows[:limit]]


def _plan(row: Plan) -> PlanData:
    return PlanData(
        code=row.code,
        name=row.name,
        description=row.description,
        monthly=Money(row.monthly_minor, row.currency),
        is_offered=row.is_offered,
    )


def _subscription(row: Subscription) -> SubscriptionData:
    return SubscriptionData(
        id=row.pk,
        seller_id=row.seller_id,
        plan=_plan(row.plan),
        monthly=Money(row.monthly_minor, row.currency),
        started_at=row.started_at,
        paid_until=row.paid_until,
        ends_at=row.ends_at,
    )


def applications(*, application_ids: Iterable[int]) -> dict[int, ApplicationData]:
    """Return applications to sell, by id."""
    rows = Application.objects.filter(pk__in=set(application_ids))
    return {row.pk: _application(row) for row in rows}


def latest_application(*, user_id: int) -> ApplicationData | None:
    """Return the newest application a person made."""
    row = Application.objects.filter(user_id=user_id).order_by("-pk").first()
    return _application(row) if row else None


def open_applications() -> int:
    """Return how many applications wait for a decision."""
    return Application.objects.filter(state=Application.State.SUBMITTED).count()


def _application(row: Application) -> ApplicationData:
    return ApplicationData(
        id=row.pk,
        user_id=row.user_id,
        shop_name=row.shop_name,
        legal_name=row.legal_name,
        email=row.email,
        country=row.country,
        about=row.about,
        state=row.state,
        reason=row.reason,
        seller_id=row.seller_id,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
    )
