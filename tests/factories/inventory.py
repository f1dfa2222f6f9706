"""Stock on shelves."""

from django.db import connection, transaction

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


def lapse(holder: str, *, hours: int = 2) -> None:
    """Let the holder's time be over, as if the hold had been made two hours ago, or more.

    The guards refuse to move a hold in time, so they sleep for this one statement.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_reservation SET created_at = created_at - make_interval(hours => %s),"
            " expires_at = expires_at - make_interval(hours => %s) WHERE holder = %s",
            [hours, hours, holder],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
