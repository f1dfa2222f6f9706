"""SKUs that run low, told once per fall."""

from collections import defaultdict

from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel.sql import fetch
from commerce.outbox.bus import publish

from . import statements
from .events import StockRanLow
from .models import LowStock


@transaction.atomic
def find_low() -> int:
    """Report the SKUs that fell to their threshold since the last look; returns how many.

    A SKU is reported again only after it rose above the threshold meanwhile.
    """
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
