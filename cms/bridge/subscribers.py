from commerce.outbox.facts import subscribe
from commerce.sellers.events import SellerReinstated, SellerRenamed, SellerSuspended

from . import operations


@subscribe(SellerSuspended)
def unpublish_pages(fact: SellerSuspended) -> None:
    operations.withhold_seller(seller_id=fact.seller_id)


@subscribe(SellerReinstated)
def publish_pages_again(fact: SellerReinstated) -> None:
    operations.restore_seller(seller_id=fact.seller_id)


@subscribe(SellerRenamed)
def rename_page(fact: SellerRenamed) -> None:
    operations.follow_seller(seller_id=fact.seller_id)
