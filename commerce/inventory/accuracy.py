"""How far the records agree with the shelves: what counts found, the last one of each SKU."""

from collections.abc import Iterable

from commerce.kernel.sql import fetch

from .types import AccuracyData

FLOOR = 9_950
"""Ten-thousandths of the units: below it the shop and the marketplace's people are alarmed."""
DAYS = 90

_COUNTED = """
SELECT seller_id, count(*), sum(expected), sum(abs(counted - expected)) FROM (
    SELECT DISTINCT ON (line.stock_id) place.seller_id, line.expected::bigint, line.counted::bigint
    FROM inventory_countline line
    JOIN inventory_countsheet sheet ON sheet.id = line.sheet_id
    JOIN inventory_location place ON place.id = sheet.location_id
    WHERE sheet.state = 'applied' AND sheet.ended_at > clock_timestamp() - make_interval(days => %s)
      AND (%s::bigint[] IS NULL OR place.seller_id = ANY (%s))
    ORDER BY line.stock_id, sheet.ended_at DESC, line.id DESC
) AS last GROUP BY seller_id
"""


def accuracy(*, seller_ids: Iterable[int] | None = None) -> dict[int, AccuracyData]:
    """Return how accurate the stock of sellers is, all of them by default.

    Of each SKU and place its last count within ninety days decides; who counted
    nothing is not in the answer.
    """
    ids = None if seller_ids is None else sorted(set(seller_ids))
    return {
        seller_id: AccuracyData(
            skus=skus,
            expected=int(expected),
            wrong=int(wrong),
            accuracy=share_found(expected=int(expected), wrong=int(wrong)),
            floor=FLOOR,
        )
        for seller_id, skus, expected, wrong in fetch(_COUNTED, DAYS, ids, ids)
    }


def share_found(*, expected: int, wrong: int) -> int:
    """Return the ten-thousandths of the expected units that lay there as recorded."""
    return max(10_000 - -(-10_000 * wrong // max(expected, 1)), 0)
