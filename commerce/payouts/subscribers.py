"""What payouts do when others report facts, and when the provider does."""

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.events import LabelBought, LabelVoided
from commerce.gateways.notices import hears
from commerce.gateways.payments import ProviderEventData, get_payment_gateway
from commerce.orders import queries as orders
from commerce.orders.events import OrderCharged, OrderConfirmed, PartAdjusted, SellerOrderMoved
from commerce.outbox.facts import subscribe
from commerce.payments.events import DisputeClosed, DisputeOpened

from . import operations, queries


@subscribe(OrderConfirmed)
def credit_sellers(fact: OrderConfirmed) -> None:
    if orders.was_paid_at_once(order_id=fact.order_id):
        operations.credit_order(order_id=fact.order_id)


@subscribe(OrderCharged)
def credit_sellers_of_what_was_charged(fact: OrderCharged) -> None:
    operations.credit_order(order_id=fact.order_id)


@subscribe(SellerOrderMoved)
def release_what_was_delivered(fact: SellerOrderMoved) -> None:
    if fact.to_state in ("delivered", "returned"):
        operations.release_earning(seller_order_id=fact.seller_order_id)


@subscribe(PartAdjusted)
def deduct_what_went_back(fact: PartAdjusted) -> None:
    adjustment = orders.adjustments(adjustment_ids=[fact.adjustment_id])[fact.adjustment_id]
    if adjustment.uncharged:
        return
    operations.lock_disputes_of(order_id=fact.order_id)
    found = orders.seller_orders_by_id(seller_order_ids=[fact.seller_order_id])
    part = found[fact.seller_order_id]
    if adjustment.seller.minor > 0:
        operations.deduct(
            seller_id=part.seller_id,
            kind="adjustment",
            amount=adjustment.seller,
            business_key=f"adjustment:{adjustment.id}",
            memo=f"{part.number}: {adjustment.kind}",
            seller_order_id=part.id,
        )
    elif adjustment.seller.minor < 0:
        operations.give_back(
            seller_id=part.seller_id,
            amount=-adjustment.seller,
            business_key=f"adjustment:{adjustment.id}",
            seller_order_id=part.id,
        )
    operations.release_earning(seller_order_id=fact.seller_order_id)
    operations.share_disputes_of(order_id=fact.order_id)


@subscribe(LabelBought)
def deduct_label(fact: LabelBought) -> None:
    label = fulfillment.label_data(label_ids=[fact.label_id])[fact.label_id]
    if label.cost.minor and label.is_sellers:
        operations.deduct(
            seller_id=label.seller_id,
            kind="label",
            amount=label.cost,
            business_key=f"label:{fact.label_id}",
            memo=f"Shipping label {label.tracking_number}",
            seller_order_id=label.seller_order_id,
        )


@subscribe(LabelVoided)
def give_label_back(fact: LabelVoided) -> None:
    label = fulfillment.label_data(label_ids=[fact.label_id])[fact.label_id]
    if label.cost.minor and label.is_sellers:
        operations.give_back(
            seller_id=label.seller_id,
            amount=label.cost,
            business_key=f"label-void:{fact.label_id}",
            seller_order_id=label.seller_order_id,
        )


@subscribe(DisputeOpened)
def hold_what_is_disputed(fact: DisputeOpened) -> None:
    operations.share_dispute(dispute_id=fact.dispute_id)


@subscribe(DisputeClosed)
def settle_what_was_disputed(fact: DisputeClosed) -> None:
    operations.share_dispute(dispute_id=fact.dispute_id)


@hears("payout.paid", "payout.failed", "payout.canceled")
def look_at_payout(event: ProviderEventData) -> str:
    """Ask the provider what became of a payout of ours."""
    reference = str(event.object.get("id", ""))
    found = get_payment_gateway().retrieve_payout(payout_id=reference, account_id=event.account)
    ours = operations.record_payout_result(
        provider_payout=found.id, state=found.state, failure_code=found.failure_code
    )
    if ours:
        return found.state
    key = str((event.object.get("metadata") or {}).get("key", ""))
    if not key.startswith("payout:"):
        return "ignored: not ours"
    if found.state in ("failed", "canceled") and queries.was_repeated(key=key):
        return f"{found.state}, as was known"
    raise LookupError(f"{reference} is not recorded yet")


@hears(
    "account.updated",
    "account.external_account.created",
    "account.external_account.updated",
    "account.external_account.deleted",
)
def look_at_account(event: ProviderEventData) -> str:
    """Ask the provider whether a seller can be paid now."""
    reference = event.account or str(event.object.get("id", ""))
    known = operations.refresh_account(account_id=reference)
    return "looked" if known else "ignored: nobody's account"
