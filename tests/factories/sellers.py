"""Sellers that may sell."""

import itertools
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from commerce.sellers.models import CommissionAgreement, Member, Seller
from tests.factories.accounts import make_user

_numbers = itertools.count(1)


def make_seller(*, rate_bps: int = 1000, payable: bool = False, **fields: Any) -> Seller:
    """An active shop with a commission agreement in force; a payable one can be paid out."""
    number = next(_numbers)
    if payable:
        fields = {"stripe_account_id": f"acct_{number}", "payouts_enabled": True, **fields}
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


def make_member(seller: Seller, *, role: str = "owner", **fields: Any) -> Member:
    """A person who works for the shop."""
    return Member.objects.create(seller=seller, user=make_user(**fields), role=role)
