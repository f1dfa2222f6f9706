"""What fulfillment does when others report facts."""

from commerce.outbox.facts import subscribe
from commerce.sellers import queries as sellers
from commerce.sellers.events import SellerApproved

from . import operations


@subscribe(SellerApproved)
def plan_dispatch(fact: SellerApproved) -> None:
    """A new seller keeps the holidays of its country until it says more."""
    seller = sellers.sellers(seller_ids=[fact.seller_id])[fact.seller_id]
    operations.open_dispatch(seller_id=seller.id, country=seller.country)
