"""Shops with an owner and a commission agreement."""

import itertools

from commerce.sellers import operations, queries
from commerce.sellers.types import SellerData
from tests.factories.accounts import make_user

_numbers = itertools.count(1)


def make_seller(
    *, name: str = "", rate_bps: int = 1000, payable: bool = False, trusted: bool = False
) -> SellerData:
    """A shop that may sell; a payable one has a connected account too."""
    number = next(_numbers)
    seller_id = operations.register(
        name=name or f"Shop {number}",
        owner_id=make_user(email=f"owner{number}@shops.example").pk,
        legal_name=f"{name or f'Shop {number}'} LLC",
        email=f"hello{number}@shops.example",
        country="US",
        rate_bps=rate_bps,
        trusted=trusted,
    )
    if payable:
        operations.record_connected_account(
            seller_id=seller_id, stripe_account_id=f"acct_test_{number}", payouts_enabled=True
        )
    return queries.sellers(seller_ids=[seller_id])[seller_id]
