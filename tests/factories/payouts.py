"""A provider on which sellers have accounts and shoppers have paid."""

import itertools
from typing import Any

import stripe
from django.db.models.functions import Now

from commerce.orders.types import OrderData
from commerce.payouts import operations
from commerce.payouts.models import Earning
from commerce.sellers.models import Seller
from commerce.sellers.operations import record_connected_account
from devtools.stripe_double import StripeDouble
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell

_numbers = itertools.count(1)


class Provider:
    """The Stripe double, with the few things a payout needs to find there."""

    def __init__(self, double: StripeDouble) -> None:
        self.double = double
        self.client = stripe.StripeClient(
            "sk_test_stoa", base_addresses={"api": double.url}, max_network_retries=0
        )

    def connect(self, seller: Seller, *currencies: str) -> str:
        """Open the seller's account and finish its onboarding; returns its id.

        Its bank accounts are in dollars, and in each of those named.
        """
        operations.connect_account(
            seller_id=seller.pk, refresh_url="https://shop.test/r", return_url="https://shop.test/"
        )
        seller.refresh_from_db()
        self.double.complete_account(seller.stripe_account_id, *currencies)
        assert operations.refresh_account(account_id=seller.stripe_account_id)
        return seller.stripe_account_id

    def charge(self, amount_minor: int) -> str:
        """Take money from a card; returns the charge's id."""
        params: Any = {
            "amount": amount_minor,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        return str(self.client.v1.payment_intents.create(params).latest_charge)

    def transfers(self) -> list[Any]:
        return list(self.client.v1.transfers.list({"limit": 100}).data)

    def payouts(self, account_id: str) -> list[Any]:
        params: Any = {"limit": 100}
        options: Any = {"stripe_account": account_id}
        return list(self.client.v1.payouts.list(params, options).data)


def earned(
    seller: Seller,
    *others: Seller,
    provider: Provider | None = None,
    currency: str = "USD",
    **fields: Any,
) -> OrderData:
    """An order of one line each, paid, delivered and therefore available to be paid out."""
    charge = provider.charge(100_000) if provider else ""
    parts = [Sold(seller=each, **fields) for each in (seller, *others)]
    order = sell(*parts, charge=charge, currency=currency)
    operations.credit_order(order_id=order.id)
    for part in order.seller_orders:
        delivered(part)
        operations.release_earning(seller_order_id=part.id)
        Earning.objects.filter(seller_order_id=part.id).update(available_at=Now())
    return order


def make_payable(seller: Seller) -> None:
    """Let a seller be paid without asking a provider."""
    record_connected_account(
        seller_id=seller.pk,
        stripe_account_id=f"acct_{next(_numbers)}_{seller.pk}",
        payouts_enabled=True,
    )
