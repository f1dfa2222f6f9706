"""Drift between pages and listings: found, told, mended, and then gone."""

import pytest
from django.core.management import call_command
from wagtail.models import Page

from cms.bridge import operations
from cms.pages.models import ProductPage
from commerce.catalog.models import Listing
from tests.factories.pages import a_live_page, a_seller_page

from .shelf import a_product, a_seller, listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def live():
    seller = a_seller()
    return a_live_page(a_product(seller), parent=a_seller_page(seller.pk))


def test_where_nothing_drifted_nothing_is_found(live):
    assert not operations.reconcile()


@pytest.mark.parametrize(
    "drift",
    [
        {"title": "Something else"},
        {"path": "/elsewhere/"},
        {"image": {}},
        {"category_keys": []},
        {"is_live": False},
    ],
)
def test_a_listing_that_says_something_else_is_mended(live, drift):
    said = Listing.objects.values("title", "path", "image", "category_keys", "is_live").get()
    Listing.objects.update(**drift)

    assert operations.reconcile().published == [live.product_id]
    assert (
        Listing.objects.values("title", "path", "image", "category_keys", "is_live").get() == said
    )
    assert not operations.reconcile()


def test_a_listing_that_was_never_written_is_written(live):
    Listing.objects.all().delete()

    assert operations.reconcile().published == [live.product_id]
    assert listing(live.product_id).is_live


def test_a_listing_whose_page_went_without_a_word_is_withdrawn(live):
    Page.objects.filter(pk=live.pk).update(live=False)

    assert operations.reconcile().withdrawn == [live.product_id]
    assert not listing(live.product_id).is_live


def test_a_report_changes_nothing(live, capsys):
    Page.objects.filter(pk=live.pk).update(live=False)

    call_command("reconcile_listings", "--report")

    assert f"1 to withdraw: {live.product_id}" in capsys.readouterr().out
    assert listing(live.product_id).is_live
    operations.reconcile()  # the database would not keep it so


def test_statements_do_not_grow_with_pages(live, django_assert_max_num_queries):
    seller_page = live.get_parent().specific
    for number in range(4):
        product = a_product(seller_page.seller, handle=f"cup-{number}")
        a_live_page(product, parent=seller_page, title=f"Cup {number}")
    assert ProductPage.objects.count() == 5

    with django_assert_max_num_queries(12):
        operations.reconcile()
