"""Every fact that changes a card is heard: published, committed, delivered, seen."""

import pytest
from django.db import transaction

from commerce.catalog import operations as catalog
from commerce.discovery import queries
from commerce.inventory import operations as inventory
from commerce.outbox.bus import publish
from commerce.sellers import events as sellers
from commerce.sellers.models import Seller
from tests.factories.cart import make_sellable, product_of
from tests.factories.pricing import set_price

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def variant_id() -> int:
    return make_sellable(on_hand=2)


def card(variant_id: int) -> object:
    product_id = product_of(variant_id)
    return queries.cards(product_ids=[product_id]).get(product_id)


def test_a_published_listing_appears_without_further_ado(variant_id: int) -> None:
    assert card(variant_id)


def test_a_withdrawn_listing_disappears(variant_id: int) -> None:
    catalog.withdraw_listing(product_id=product_of(variant_id), locale="en")

    assert card(variant_id) is None


def test_an_archived_product_disappears_and_a_restored_one_returns(variant_id: int) -> None:
    catalog.archive_product(product_id=product_of(variant_id))
    archived = card(variant_id)
    catalog.restore_product(product_id=product_of(variant_id))

    assert archived is None
    assert card(variant_id)


def test_a_new_price_and_a_new_brand_are_shown(variant_id: int) -> None:
    set_price(variant_id, 777)
    catalog.update_product(product_id=product_of(variant_id), brand="Bodum")

    shown = card(variant_id)
    assert (shown.price.minor, shown.brand) == (777, "Bodum")  # type: ignore[attr-defined]


def test_the_last_unit_held_means_out_of_stock_until_it_is_given_back(variant_id: int) -> None:
    seen = []
    inventory.reserve(holder="a", quantities={variant_id: 1})
    seen.append(card(variant_id).in_stock)  # type: ignore[attr-defined]
    inventory.reserve(holder="b", quantities={variant_id: 1})
    seen.append(card(variant_id).in_stock)  # type: ignore[attr-defined]
    inventory.release(holder="a")
    seen.append(card(variant_id).in_stock)  # type: ignore[attr-defined]

    assert seen == [True, False, True]


@pytest.mark.parametrize(
    ("fact", "state", "shown"),
    [
        (sellers.SellerSuspended, "suspended", False),
        (sellers.SellerReinstated, "active", True),
        (sellers.SellerRenamed, "active", True),
    ],
)
def test_a_sellers_state_and_name_are_followed(
    variant_id: int, fact: type, state: str, shown: bool
) -> None:
    Seller.objects.update(state=state, name="Elsewhere")
    with transaction.atomic():
        publish(fact(seller_id=Seller.objects.get().pk))

    found = card(variant_id)
    assert (found is not None) == shown
    assert found is None or found.seller_name == "Elsewhere"  # type: ignore[attr-defined]
