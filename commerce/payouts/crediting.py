"""Setting money aside for sellers: when an order is paid, and when something is given back."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData
from commerce.payments import queries as payments

from .deducting import take_from_own
from .models import Earning
from .terms import terms_of


class NotPaid(LookupError):
    """The order is confirmed but no captured payment is known."""


@transaction.atomic
def credit_order(*, order_id: int) -> int:
    """Set each seller's share of a confirmed order aside; returns how many were new.

    What was canceled meanwhile is taken off at once, and what was given up before its
    money was taken is never set aside. Repeating it changes nothing. Raises NotPaid.
    """
    parts = orders.seller_orders_of(order_ids=[order_id]).get(order_id, [])
    earned = _earned(parts)
    owed = [part for part in parts if part.confirmed_at is not None and earned[part.id]]
    if not owed:
        return 0
    known = set(
        Earning.objects.filter(
            kind=Earning.Kind.SALE, seller_order__in=[part.id for part in owed]
        ).values_list("seller_order_id", flat=True)
    )
    fresh = [part for part in owed if part.id not in known]
    if not fresh:
        return 0
    charge = _charge(fresh[0].order_token, sum(earned.values()))
    Earning.objects.bulk_create(
        [
            Earning(
                seller_id=part.seller_id,
                seller_order_id=part.id,
                currency=part.earning.currency,
                amount_minor=earned[part.id],
                charge=charge,
            )
            for part in fresh
        ],
        ignore_conflicts=True,
    )
    take_from_own(seller_order_ids=[part.id for part in fresh])
    return len(fresh)


def _earned(parts: Iterable[SellerOrderData]) -> dict[int, int]:
    parts = list(parts)
    given = orders.adjustments_of(seller_order_ids=[part.id for part in parts])
    return {
        part.id: part.earning.minor
        - sum(each.seller.minor for each in given.get(part.id, []) if each.uncharged)
        for part in parts
    }


def _charge(order_token: str, owed_minor: int) -> str:
    """Return the charge that the transfers come from, or nothing when it does not cover them:
    then gift cards or the marketplace's promotions paid a part, and our balance does."""
    order = orders.ref(token=order_token)
    charge = payments.charges_of(order_tokens=[order_token]).get(order_token)
    if order is None:
        raise NotPaid(order_token)
    if charge is None:
        left = orders.left_to_charge(order_id=order.id)
        if order.due.minor and any(part.total_minor for part in left):
            raise NotPaid(order_token)
        return ""
    attempts = payments.of_order(order_tokens=[order_token])[order_token]
    paid = sum(each.captured_minor for each in attempts if each.charge_id == charge)
    return charge if owed_minor <= paid else ""


@transaction.atomic
def release_earning(*, seller_order_id: int) -> None:
    """Make a delivered part's earning available after the hold; repeating it changes nothing.

    So is what the seller keeps of a part that will never be delivered, because all of
    it was canceled, lost or sent back on the way. Sets the earning aside first when
    the news of the sale is still under way.
    """
    part = orders.seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    since = part.delivered_at or (clock.now() if _nothing_is_left(part) else None)
    if since is None:
        return
    credit_order(order_id=part.order_id)
    terms = terms_of(seller_ids=[part.seller_id])[part.seller_id]
    Earning.objects.filter(
        seller_order_id=seller_order_id, kind=Earning.Kind.SALE, available_at=None
    ).update(available_at=since + timedelta(days=terms.hold_days))


def _nothing_is_left(part: SellerOrderData) -> bool:
    return all(
        line.quantity == line.canceled_quantity + line.returned_quantity + line.lost_quantity
        for line in part.lines
    )


@transaction.atomic
def give_back(
    *, seller_id: int, amount: Money, business_key: str, seller_order_id: int | None = None
) -> bool:
    """Set money aside for a seller beside a sale, such as after a dispute was won.

    The caller books it. Returns False, and does nothing, when the key was used before.
    """
    _, made = Earning.objects.get_or_create(
        business_key=business_key,
        defaults={
            "kind": Earning.Kind.CREDIT,
            "seller_id": seller_id,
            "seller_order_id": seller_order_id,
            "currency": amount.currency,
            "amount_minor": amount.minor,
            "charge": "",
            "available_at": Now(),
        },
    )
    return made
