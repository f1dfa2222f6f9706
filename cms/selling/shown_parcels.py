"""What an order's screen shows of labels, parcels and their way."""

from typing import Any

from commerce.fulfillment import queries as parcels
from commerce.gateways.carriers import is_set_up
from commerce.orders.types import SellerOrderData


def may_label(part: SellerOrderData) -> bool:
    """Tell whether a label can be bought for something of a part."""
    is_open = part.state in ("confirmed", "processing") and not part.awaits_capture
    return is_open and is_set_up() and not part.shipping_method.get("pick_up")


def has_unlabeled(part: SellerOrderData) -> bool:
    """Tell whether something of a part is open that no label is for."""
    taken = parcels.labeled_units(seller_order_id=part.id)
    return any(line.open_quantity > taken.get(line.id, 0) for line in part.lines)


def context_of(part: SellerOrderData) -> dict[str, Any]:
    """Return what an order's screen shows of labels, tracking and pick-up."""
    sent = parcels.shipments_of(seller_order_ids=[part.id])[part.id]
    labels = parcels.labels_of(seller_order_ids=[part.id])[part.id]
    return {
        "parcels": sent,
        "tracking": parcels.tracking_of(shipment_ids=[parcel.id for parcel in sent]),
        "labels": [
            label for label in labels if label.shipment_id is None and label.state != "voided"
        ],
        "customs_labels": [label for label in labels if label.has_customs],
        "label_ids": {parcel.label_id for parcel in sent if parcel.label_id},
        "may_label": may_label(part),
        "is_pick_up": bool(part.shipping_method.get("pick_up")),
    }
