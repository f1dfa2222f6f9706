"""SKUs that run low, in all or at one location, told once per fall."""

from collections import defaultdict

from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel.sql import fetch
from commerce.outbox.bus import publish

from . import statements
from .events import ShelvesRanLow, StockRanLow
from .models import LowStock, Stock


@transaction.atomic
def find_low() -> int:
    """Report the SKUs that fell to their threshold since the last look; returns how many.

    Locations with a threshold of their own count each for itself. What was reported is
    reported again only after it rose above the threshold meanwhile.
    """
    return _find_skus() + _find_shelves()


def _find_skus() -> int:
    ids = [variant_id for (variant_id,) in fetch(statements.FIND_LOW)]
    by_seller: dict[int, list[int]] = defaultdict(list)
    for variant in catalog.variants(variant_ids=ids).values():
        by_seller[variant.seller_id].append(variant.id)
    notices = dict(
        LowStock.objects.filter(variant_id__in=ids, ended_at=None).values_list("variant_id", "pk")
    )
    for seller_id, variant_ids in sorted(by_seller.items()):
        publish(
            StockRanLow(
                seller_id=seller_id,
                variant_ids=sorted(variant_ids),
                notice_id=max(notices[variant_id] for variant_id in variant_ids),
            )
        )
    return len(ids)


def _find_shelves() -> int:
    notices = {stock_id: pk for pk, stock_id in fetch(statements.FIND_LOW_SHELVES)}
    rows = Stock.objects.filter(pk__in=list(notices)).order_by("pk")
    by_seller: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for pk, variant_id, location_id, seller_id in rows.values_list(
        "pk", "variant_id", "location_id", "location__seller_id"
    ):
        by_seller[seller_id].append((notices[pk], variant_id, location_id))
    for seller_id, found in sorted(by_seller.items()):
        publish(
            ShelvesRanLow(
                seller_id=seller_id,
                places=[[variant_id, location_id] for _, variant_id, location_id in found],
                notice_id=max(notice for notice, *_ in found),
            )
        )
    return len(notices)
