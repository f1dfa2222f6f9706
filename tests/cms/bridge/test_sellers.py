"""What a seller's fortunes do to its pages."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from cms.bridge import operations, subscribers
from cms.bridge.models import WithheldPage
from cms.pages.models import ProductPage, SellerPage
from commerce.catalog.models import Variant
from commerce.sellers import operations as sellers
from commerce.sellers.events import SellerReinstated, SellerRenamed, SellerSuspended
from tests.factories.pages import a_draft, a_live_page, a_seller_page

from .shelf import a_product, a_seller, listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return a_seller()


@pytest.fixture
def live(seller):
    return a_live_page(a_product(seller), parent=a_seller_page(seller.pk))


def test_suspension_takes_the_whole_subtree_down(seller, live):
    subscribers.unpublish_pages(SellerSuspended(seller_id=seller.pk))

    assert not SellerPage.objects.get().live
    assert not ProductPage.objects.get().live
    assert not listing(live.product_id).is_live


def test_nothing_of_a_suspended_seller_goes_live_until_it_is_reinstated(seller, live):
    draft = a_draft(a_product(seller, handle="cup"), parent=SellerPage.objects.get(), title="Cup")
    draft.save_revision(approved_go_live_at=timezone.now() - timedelta(minutes=1))
    sellers.suspend(seller_id=seller.pk, reason="Sold what it did not have.")
    operations.withhold_seller(seller_id=seller.pk)

    assert operations.publish_scheduled() == (0, 0)
    for page in (draft, live, SellerPage.objects.get()):
        with pytest.raises(ValidationError, match="suspended"), transaction.atomic():
            page.get_latest_revision().publish()
    assert not Page.objects.filter(pk__in=[draft.pk, live.pk], live=True).exists()

    sellers.reinstate(seller_id=seller.pk)
    operations.restore_seller(seller_id=seller.pk)
    assert operations.publish_scheduled() == (1, 0)


def test_suspension_leaves_other_sellers_alone(seller, live):
    other = a_seller("Other")
    theirs = a_live_page(
        a_product(other, handle="cup"), parent=a_seller_page(other.pk, title="O", slug="other")
    )

    operations.withhold_seller(seller_id=seller.pk)

    assert listing(theirs.product_id).is_live


def test_reinstatement_shows_again_what_was_shown_and_no_more(seller, live):
    live.title = "Not moderated yet"
    live.save_revision()
    draft = a_draft(a_product(seller, handle="cup"), parent=SellerPage.objects.get(), title="Cup")
    operations.withhold_seller(seller_id=seller.pk)

    subscribers.publish_pages_again(SellerReinstated(seller_id=seller.pk))

    live.refresh_from_db()
    draft.refresh_from_db()
    assert (live.live, live.title, draft.live) == (True, "Blue mug", False)
    assert listing(live.product_id).is_live
    assert live.get_latest_revision_as_object().title == "Not moderated yet"
    assert not WithheldPage.objects.exists()


def test_a_page_that_lost_its_sku_meanwhile_stays_a_draft(seller, live):
    operations.withhold_seller(seller_id=seller.pk)
    Variant.objects.update(is_active=False)

    operations.restore_seller(seller_id=seller.pk)

    assert SellerPage.objects.get().live
    assert not ProductPage.objects.get().live


def test_hearing_of_a_suspension_twice_changes_nothing_more(seller, live):
    operations.withhold_seller(seller_id=seller.pk)
    operations.withhold_seller(seller_id=seller.pk)
    operations.restore_seller(seller_id=seller.pk)

    assert ProductPage.objects.get().live


def test_a_renamed_seller_moves_with_everything_and_redirects(
    seller, live, django_capture_on_commit_callbacks
):
    sellers.rename(seller_id=seller.pk, name="Acme Pottery")

    with django_capture_on_commit_callbacks(execute=True):
        subscribers.rename_page(SellerRenamed(seller_id=seller.pk))

    assert SellerPage.objects.get().title == "Acme Pottery"
    assert listing(live.product_id).path == "/sellers/acme-pottery/blue-mug/"
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {
        "/sellers/acme",
        "/sellers/acme/blue-mug",
    }


def test_a_draft_of_the_sellers_page_does_not_bring_the_old_name_back(seller, live):
    page = SellerPage.objects.get()
    page.tagline = "Mugs by hand"
    page.save_revision()
    sellers.rename(seller_id=seller.pk, name="Acme Pottery")
    operations.follow_seller(seller_id=seller.pk)

    SellerPage.objects.get().get_latest_revision().publish()

    page = SellerPage.objects.get()
    assert (page.title, page.slug, page.tagline) == (
        "Acme Pottery",
        "acme-pottery",
        "Mugs by hand",
    )
