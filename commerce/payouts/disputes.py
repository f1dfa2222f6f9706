"""A seller's share of a disputed payment: held when it is opened, given back or kept when decided.

The share is what the seller earned with the disputed part of its order. A lost
dispute also costs the marketplace its commission, and the tax stays due to the
state: both are the marketplace's loss, as is what a seller's earning does not
cover; what its promotions had cost comes back. The provider's fee for a lost
dispute is the sellers'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, Sum

from commerce.kernel.money import Money, split
from commerce.ledger import operations as ledger
from commerce.ledger import queries as ledger_queries
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData
from commerce.payments import operations as paying
from commerce.payments import queries as payments
from commerce.payments.types import DisputeData

from .billing import charge
from .crediting import give_back
from .models import Deduction, Earning


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a dispute means for one seller's part, in minor units."""

    seller_id: int
    seller_order_id: int
    number: str
    disputed_minor: int
    seller_minor: int
    commission_minor: int
    platform_minor: int


@transaction.atomic
def share_dispute(*, dispute_id: int) -> None:
    """Bring sellers' money in line with where a dispute stands.

    Asked in any order and however often, each share is held once, and given back
    or settled once. What was refunded since it was held, and so was taken from the
    seller already, is given back: nobody pays for the same units twice.
    """
    # First: what was read before another's booking would undo it.
    paying.lock_dispute(dispute_id=dispute_id)
    dispute = payments.disputes(dispute_ids=[dispute_id])[dispute_id]
    order = orders.order(token=dispute.order_token)
    if order is None:
        return
    # What was never confirmed earned nobody anything: then all of it is the marketplace's.
    shares = shares_of(dispute, order.seller_orders) if order.confirmed_at else []
    for part in shares:
        _hold(dispute, part)
    at_stake = {part.seller_order_id: part.seller_minor for part in shares}
    held = _give_back_beyond({} if dispute.state == "won" else at_stake, dispute)
    if dispute.state == "lost":
        _settle_loss(dispute, shares, held=held, number=order.number)
        _charge_fee(dispute, shares)


def share_disputes_of(*, order_id: int) -> None:
    """Bring sellers' money in line with what was disputed of an order that was adjusted."""
    for dispute in _disputes_of(order_id):
        share_dispute(dispute_id=dispute.id)


def lock_disputes_of(*, order_id: int) -> None:
    """Keep others from sharing what was disputed of an order, before its earnings are locked."""
    for dispute in _disputes_of(order_id):
        paying.lock_dispute(dispute_id=dispute.id)


def _disputes_of(order_id: int) -> list[DisputeData]:
    token = orders.seller_orders_of(order_ids=[order_id])[order_id][0].order_token
    return payments.disputes_of(order_tokens=[token]).get(token, [])


def shares_of(dispute: DisputeData, parts: Sequence[SellerOrderData]) -> list[Share]:
    """Split a disputed amount over the parts by what each still holds of the payment."""
    given = orders.adjustments_of(seller_order_ids=[part.id for part in parts])
    left, earned, kept, borne = {}, {}, {}, {}
    for part in parts:
        back = given.get(part.id, [])
        left[part.id] = max(part.total.minor - sum(a.refund.minor for a in back), 0)
        earned[part.id] = max(part.earning.minor - sum(a.seller.minor for a in back), 0)
        kept[part.id] = max(part.commission.minor - sum(a.commission.minor for a in back), 0)
        borne[part.id] = part.platform_discount.minor - sum(a.platform.minor for a in back)
    whole = sum(left.values())
    disputed = min(dispute.amount.minor, whole)
    amounts = split(disputed, weights=[left[part.id] for part in parts])
    return [
        Share(
            seller_id=part.seller_id,
            seller_order_id=part.id,
            number=part.number,
            disputed_minor=amount,
            seller_minor=_part_of(earned[part.id], amount, left[part.id]),
            commission_minor=_part_of(kept[part.id], amount, left[part.id]),
            platform_minor=_part_of(borne[part.id], amount, left[part.id]),
        )
        for part, amount in zip(parts, amounts, strict=True)
    ]


def _part_of(minor: int, amount: int, whole: int) -> int:
    """Return the share of an amount that goes with a part of a whole, rounded down."""
    return minor * amount // whole if whole else 0


def _hold(dispute: DisputeData, part: Share) -> None:
    if part.seller_minor:
        charge(
            seller_id=part.seller_id,
            kind="dispute",
            income="disputes",
            amount=Money(part.seller_minor, dispute.amount.currency),
            business_key=f"dispute:{dispute.id}:{part.seller_order_id}",
            memo=f"{part.number}: the shopper's bank questions the payment",
            seller_order_id=part.seller_order_id,
        )


def _give_back_beyond(at_stake: Mapping[int, int], dispute: DisputeData) -> int:
    """Give sellers back what is held of them beyond these amounts; returns what stays held."""
    stays = 0
    rows = Deduction.objects.select_for_update().filter(
        kind="dispute", business_key__startswith=f"dispute:{dispute.id}:"
    )
    for held in rows.order_by("pk"):
        part, currency = held.seller_order_id or 0, held.currency
        before = _given_back(dispute, part)
        stays += min(held.amount_minor - before, at_stake.get(part, 0))
        over = held.amount_minor - before - at_stake.get(part, 0)
        # The key holds the sum so far, so that the same step is taken once.
        key = f"dispute-{'won' if dispute.state == 'won' else 'less'}:{dispute.id}:{part}"
        key += f":{before}" if before or dispute.state != "won" else ""
        if over > 0 and give_back(
            seller_id=held.seller_id,
            amount=Money(over, currency),
            business_key=key,
            seller_order_id=part,
        ):
            ledger.post(
                business_key=key,
                kind="dispute",
                entries={f"payable:{held.seller_id}": -over, "disputes": over},
                currency=currency,
                memo="The dispute was won" if dispute.state == "won" else "Refunded meanwhile",
            )
    return stays


def _given_back(dispute: DisputeData, seller_order_id: int) -> int:
    keys = Q(business_key__startswith=f"dispute-less:{dispute.id}:{seller_order_id}:") | Q(
        business_key__startswith=f"dispute-won:{dispute.id}:{seller_order_id}"
    )
    given = Earning.objects.filter(keys, seller_order_id=seller_order_id, kind="credit")
    return int(given.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def _settle_loss(dispute: DisputeData, shares: list[Share], *, held: int, number: str) -> None:
    """Book who bears what a lost dispute took, and what changed since that was booked."""
    rest = dispute.amount.minor - held
    platform = sum(part.platform_minor for part in shares)
    commission = min(sum(part.commission_minor for part in shares), max(rest + platform, 0))
    wanted = {
        "disputes": -rest,
        "commission": commission,
        "promotions": -platform,
        "losses": rest + platform - commission,
    }
    key, currency = f"dispute-lost:{dispute.id}", dispute.amount.currency
    while True:
        booked, times = ledger_queries.booked_under(business_key=key, currency=currency)
        entries = {code: wanted[code] - booked.get(code, 0) for code in wanted}
        if not any(entries.values()) or ledger.post(
            business_key=f"{key}:{times}" if times else key,
            kind="dispute",
            entries=entries,
            currency=currency,
            memo=f"{number}: the dispute was lost",
        ):
            return


def _charge_fee(dispute: DisputeData, shares: list[Share]) -> None:
    weights = [part.disputed_minor for part in shares]
    charged = Deduction.objects.filter(business_key__startswith=f"dispute-fee:{dispute.id}:")
    if not dispute.fee.minor or not sum(weights) or charged.exists():
        return
    for part, fee in zip(shares, split(dispute.fee.minor, weights=weights), strict=True):
        if fee:
            charge(
                seller_id=part.seller_id,
                kind="dispute_fee",
                income="fees",
                amount=Money(fee, dispute.fee.currency),
                business_key=f"dispute-fee:{dispute.id}:{part.seller_order_id}",
                memo=f"{part.number}: the provider's fee for the lost dispute",
                seller_order_id=part.seller_order_id,
            )
