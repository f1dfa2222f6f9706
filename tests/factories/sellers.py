"""Sellers that may sell."""

import itertools
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from commerce.sellers.models import CommissionAgreement, Seller

_numbers = itertools.count(1)


def make_seller(*, rate_bps: int = 1000, **fields: Any) -> Seller:
    """An active shop with a commission agreement in force."""
    number = next(_numbers)
    seller = Seller.objects.create(
        **{
            "name": f"Shop {number}",
            "slug": f"shop-{number}",
            "legal_name": f"Shop {number} LLC",
            "email": f"shop{number}@example.com",
            "country": "US",
            **fields,
        }
    )
    CommissionAgreement.objects.create(
        seller=seller, rate_bps=rate_bps, valid_from=Now() - timedelta(days=1)
    )
    return seller
