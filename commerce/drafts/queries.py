from django.db.models import QuerySet

from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.orders import queries as orders
from commerce.sellers import queries as sellers

from .models import Draft
from .types import DraftData


def draft(*, token: str) -> DraftData | None:
    """Return a draft by the token of its pay link."""
    found = _drafts(Draft.objects.filter(token=token))
    return found[0] if found else None


@unconfined()
def drafts_of(*, seller_id: int | None, limit: int = 50) -> list[DraftData]:
    """Return a seller's drafts, newest first; without a seller, those of staff."""
    rows = Draft.objects.filter(seller=seller_id).order_by("-created_at", "-pk")
    return _drafts(rows[:limit])


def may_pay(*, token: str, user_id: int | None) -> bool:
    """Whether somebody may pay a draft: not who made it, nor the team of the seller that did."""
    if user_id is None:
        return True
    row = Draft.objects.filter(token=token).first()
    team = sellers.seller_of(user_id=user_id)
    return row is None or not (
        row.made_by_id == user_id or (team is not None and team.seller_id == row.seller_id)
    )


def _drafts(rows: QuerySet[Draft]) -> list[DraftData]:
    found = list(rows.select_related("cart", "adds_to"))
    placed = orders.of_carts(cart_ids=[row.cart_id for row in found])
    now = clock.now()
    return [
        DraftData(
            id=row.pk,
            token=row.token,
            cart_token=row.cart.token,
            seller_id=row.seller_id,
            email=row.email,
            note=row.note,
            currency=row.cart.currency,
            state=_state(row, paid=row.cart_id in placed, expired=row.expires_at <= now),
            adds_to=row.adds_to.number if row.adds_to else "",
            order_token=placed[row.cart_id].token if row.cart_id in placed else "",
            order_number=placed[row.cart_id].number if row.cart_id in placed else "",
            expires_at=row.expires_at,
            created_at=row.created_at,
        )
        for row in found
    ]


def _state(row: Draft, *, paid: bool, expired: bool) -> str:
    if paid:
        return "paid"
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if expired else "offered"
