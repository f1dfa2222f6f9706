from uuid import uuid4

import pytest

from commerce.catalog import operations, queries
from commerce.outbox.models import Event
from tests.factories.catalog import list_product, make_product, make_variant

pytestmark = pytest.mark.django_db


def test_a_listing_says_what_the_page_said_when_it_was_published() -> None:
    product_id, category = make_product(), uuid4()

    list_product(product_id, title="Blue mug", category_keys=[category])

    listing = queries.listings(product_ids=[product_id])[product_id]
    assert (listing.title, listing.path, listing.is_live) == (
        "Blue mug",
        f"/sellers/acme/{product_id}/",
        True,
    )
    assert listing.category_keys == [category]
    assert queries.listings(product_ids=[product_id], locale="de") == {}


def test_publishing_again_changes_words_and_keeps_the_first_day() -> None:
    product_id = make_product()
    list_product(product_id, title="Blue mug")
    first = queries.listings(product_ids=[product_id])[product_id].first_published_at
    operations.withdraw_listing(product_id=product_id, locale="en")

    list_product(product_id, title="Red mug")

    listing = queries.listings(product_ids=[product_id])[product_id]
    assert (listing.title, listing.is_live, listing.first_published_at) == ("Red mug", True, first)


def test_withdrawing_is_told_once() -> None:
    product_id = make_product(listed=True)
    Event.objects.all().delete()

    for _ in range(2):
        operations.withdraw_listing(product_id=product_id, locale="en")

    assert [(event.name, event.payload) for event in Event.objects.all()] == [
        ("catalog.listing-withdrawn.v1", {"product_id": product_id, "locale": "en"})
    ]
    assert not queries.listings(product_ids=[product_id])[product_id].is_live


def test_a_variant_is_on_sale_with_an_active_product_and_a_live_page() -> None:
    product_id = make_product()
    variant_id = make_variant(product_id=product_id)

    def on_sale() -> bool:
        return queries.sale_data(variant_ids=[variant_id])[0].is_on_sale

    seen = [on_sale()]
    list_product(product_id)
    seen.append(on_sale())
    operations.archive_product(product_id=product_id)
    seen.append(on_sale())
    operations.restore_product(product_id=product_id)
    seen.append(on_sale())
    operations.set_variants(product_id=product_id, variants=[])
    seen.append(on_sale())

    assert seen == [False, True, False, True, False]
