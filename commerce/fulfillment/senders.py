"""Where parcels leave from."""

from commerce.accounts.types import AddressData

from .models import Dispatch, PickUpPoint


def origin_for(*, seller_id: int, location_id: int | None = None) -> AddressData | None:
    """Return the address of a seller's location, else where its parcels leave from usually."""
    if location_id is not None:
        point = PickUpPoint.objects.filter(
            location_id=location_id, location__seller_id=seller_id
        ).first()
        if point is not None:
            return AddressData.from_dict(point.address)
    plan = Dispatch.objects.filter(seller_id=seller_id).first()
    return AddressData.from_dict(plan.origin) if plan and plan.origin else None
