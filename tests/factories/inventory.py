"""Stock on shelves."""

from commerce.catalog import queries as catalog
from commerce.inventory import operations


def stock_up(variant_id: int, on_hand: int = 10, *, place: str = "Main") -> int:
    """Put units of a variant on a shelf of its seller; returns the location."""
    seller_id = catalog.variants(variant_ids=[variant_id])[variant_id].seller_id
    location_id = operations.ensure_location(seller_id=seller_id, name=place, country="US")
    operations.set_on_hand(
        variant_id=variant_id, location_id=location_id, on_hand=on_hand, cause="opening count"
    )
    return location_id
