"""Rates of stores: what is fetched there is taxed there, wherever the shopper lives."""

import json
from collections.abc import Collection, Mapping

from django.conf import settings

from commerce.kernel.sql import Planned, fetch

from .quote import NO_TAX, SHIPPING, Store, TaxRateData
from .types import Destination

# A country's own row comes first, then its region's, then what an engine says of the place.
_RATES = Planned("""
SELECT asked.number, t.tax_class, t.name, t.rate_bps
FROM jsonb_to_recordset(%(places)s::jsonb)
    AS asked (number int, country text, region text, postal_code text)
CROSS JOIN LATERAL (
    SELECT tax_class, name, rate_bps, CASE region WHEN '' THEN 0 ELSE 1 END AS nearness
    FROM pricing_taxrate
    WHERE country = asked.country AND region IN (asked.region, '')
      AND tax_class = ANY (%(tax_classes)s)
    UNION ALL
    SELECT tax_class, name, rate_bps, 2 FROM pricing_placerate
    WHERE source = %(engine)s AND country = asked.country AND region = asked.region
      AND postal_code = asked.postal_code AND tax_class = ANY (%(tax_classes)s)
      AND fetched_at > statement_timestamp() - interval '30 days'
) AS t
ORDER BY t.nearness
""")


def stores_of(
    *, handed_over: Mapping[int, Destination], tax_classes: Collection[str]
) -> dict[int, Store]:
    """Return the rates of the store of each seller whose goods are fetched, in one statement."""
    if not handed_over:
        return {}
    rates: dict[int, dict[str, TaxRateData]] = {
        seller_id: dict.fromkeys(tax_classes, NO_TAX) for seller_id in handed_over
    }
    places = [
        {"number": seller_id, "country": place.country, "region": place.region,
         "postal_code": place.postal_code}
        for seller_id, place in handed_over.items()
    ]  # fmt: skip
    found = fetch(
        _RATES, places=json.dumps(places), engine=settings.TAX_ENGINE,
        tax_classes=sorted({*tax_classes, SHIPPING}),
    )  # fmt: skip
    for seller_id, tax_class, name, rate_bps in found:
        rates[seller_id][tax_class] = TaxRateData(name=name, rate_bps=rate_bps)
    return {
        seller_id: Store(name=place.name, rates=rates[seller_id])
        for seller_id, place in handed_over.items()
    }
