"""Every row of a page's life, and what commerce learns of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Locale, Page

from cms.bridge import operations
from cms.pages.models import CategoryIndexPage, ProductPage, SellerIndexPage, SellerPage
from commerce.catalog.models import Product
from tests.factories.pages import (
    a_category,
    a_draft,
    a_live_page,
    a_seller_page,
    a_shop,
    an_image,
)

from .shelf import a_product, a_seller, facts, listing

pytestmark = pytest.mark.django_db

PUBLISHED = "catalog.listing-published.v1"
WITHDRAWN = "catalog.listing-withdrawn.v1"


@pytest.fixture
def seller():
    return a_seller()


@pytest.fixture
def product(seller):
    return a_product(seller)


@pytest.fixture
def shop_page(seller):
    return a_seller_page(seller.pk)


@pytest.fixture
def live(product, shop_page):
    return a_live_page(product, parent=shop_page)


def test_a_draft_tells_commerce_nothing(product, shop_page):
    a_draft(product, parent=shop_page)

    assert listing(product) is None
    assert facts(PUBLISHED) == 0


def test_publishing_writes_the_listing_and_reports_it_once(product, shop_page):
    category = a_category("Mugs", parent=a_category("Kitchen"))
    page = a_live_page(product, parent=shop_page, categories=[category])

    written = listing(product)
    assert (written.title, written.path, written.page_id, written.is_live) == (
        "Blue mug",
        "/sellers/acme/blue-mug/",
        page.pk,
        True,
    )
    assert written.image["alt"] == "A blue mug on a table"
    assert set(written.category_keys) == {
        category.key,
        category.get_parent().specific.key,
    }
    assert facts(PUBLISHED) == 1


def test_an_edit_of_a_live_page_is_not_seen_before_it_is_published(live, product):
    live.title = "Green mug"
    live.save_revision()

    assert listing(product).title == "Blue mug"

    live.get_latest_revision().publish()
    assert listing(product).title == "Green mug"


def test_a_publication_planned_for_later_is_not_seen_now(product, shop_page):
    page = a_draft(product, parent=shop_page)
    page.go_live_at = timezone.now() + timedelta(days=1)
    page.save_revision().publish()

    assert listing(product) is None


def test_what_is_due_is_published(product, shop_page):
    page = a_draft(product, parent=shop_page)
    page.go_live_at = timezone.now() + timedelta(days=1)
    revision = page.save_revision()
    revision.publish()
    revision.content["go_live_at"] = (timezone.now() - timedelta(minutes=1)).isoformat()
    revision.approved_go_live_at = timezone.now() - timedelta(minutes=1)
    revision.save()

    assert operations.publish_scheduled() == (1, 0)
    assert listing(product).is_live


def test_a_scheduled_page_that_lost_its_sku_does_not_hold_up_the_others(seller, shop_page):
    bad, good = a_product(seller, handle="bad"), a_product(seller, handle="good")
    for number, product in enumerate([bad, good]):
        page = a_draft(product, parent=shop_page, title=f"Mug {number}")
        revision = page.get_latest_revision()
        revision.approved_go_live_at = timezone.now() - timedelta(minutes=5 - number)
        revision.save()
    Product.objects.get(pk=bad).variants.update(is_active=False)

    assert operations.publish_scheduled() == (1, 0)
    assert (listing(bad), listing(good).is_live) == (None, True)


def test_an_alias_changes_no_listing(live, product):
    other = live.get_parent().specific
    alias = live.create_alias(parent=other, update_slug="blue-mug-again")
    live.title = "Blue mug, again"
    live.save_revision().publish()

    alias.refresh_from_db()
    assert alias.title == "Blue mug, again"
    assert (listing(product).page_id, listing(product).title) == (live.pk, "Blue mug, again")
    assert facts(PUBLISHED) == 2


def test_a_copy_is_a_draft_without_product(live):
    copy = live.copy(update_attrs={"slug": "copy"}, keep_live=False)

    assert (copy.product_id, copy.live) == (None, False)
    assert copy.get_latest_revision_as_object().product_id is None


def test_a_copy_cannot_go_live(live):
    copy = live.copy(update_attrs={"slug": "copy"}, keep_live=False)

    with pytest.raises(ValidationError):
        copy.get_latest_revision().publish()


def test_the_copy_form_offers_no_publishing(live, admin_user):
    form = ProductPage.copy_form_class(page=live, user=admin_user)

    assert "publish_copies" not in form.fields
    assert "publish_copies" not in SellerPage.copy_form_class(page=live, user=admin_user).fields


def test_a_translation_keeps_the_product_and_has_its_own_listing(live, product):
    german = Locale.objects.create(language_code="de")
    translation = live.copy_for_translation(german, copy_parents=True)

    assert translation.product_id == product
    assert translation.get_latest_revision_as_object().product_id == product
    assert listing(product, "de") is None

    draft = translation.get_latest_revision_as_object()
    draft.categories = live.categories.all()
    translation.get_parent().specific.seller_id = None
    draft.title = "Blaue Tasse"
    draft.save_revision().publish()

    assert (listing(product, "de").title, listing(product, "en").title) == (
        "Blaue Tasse",
        "Blue mug",
    )


def test_unpublishing_withdraws(live, product):
    live.unpublish()

    assert not listing(product).is_live
    assert facts(WITHDRAWN) == 1


def test_publishing_again_keeps_the_first_day(live, product):
    first = listing(product).first_published_at
    live.unpublish()
    live.refresh_from_db()
    live.save_revision().publish()

    assert listing(product).is_live
    assert listing(product).first_published_at == first


def test_an_expired_page_is_withdrawn(live, product):
    Page.objects.filter(pk=live.pk).update(expire_at=timezone.now() - timedelta(minutes=1))

    assert operations.publish_scheduled() == (0, 1)
    assert not listing(product).is_live


def test_deleting_a_page_withdraws_and_leaves_the_product(live, product):
    live.delete()

    assert not listing(product).is_live
    assert Product.objects.filter(pk=product).exists()


def test_deleting_a_subtree_withdraws_every_product_in_it(live, product):
    SellerPage.objects.get().delete()

    assert not listing(product).is_live


def test_a_product_with_a_page_cannot_be_deleted(live, product):
    with pytest.raises(ProtectedError):
        Product.objects.get(pk=product).delete()


def test_renaming_the_page_moves_the_listing_and_redirects(
    live, product, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        live.slug = "navy-mug"
        live.save_revision().publish()

    assert listing(product).path == "/sellers/acme/navy-mug/"
    assert Redirect.objects.filter(old_path="/sellers/acme/blue-mug").exists()


def test_renaming_an_ancestor_moves_the_listings_below_it(
    live, product, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        page = SellerPage.objects.get()
        page.slug = "acme-co"
        page.save()

    assert listing(product).path == "/sellers/acme-co/blue-mug/"
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {
        "/sellers/acme",
        "/sellers/acme/blue-mug",
    }


def test_moving_a_category_changes_the_shelves_products_stand_on(
    product, shop_page, django_capture_on_commit_callbacks
):
    kitchen, table, mugs = (a_category(name) for name in ("Kitchen", "Table", "Mugs"))
    mugs.move(kitchen, pos="last-child")
    mugs.refresh_from_db()
    a_live_page(product, parent=shop_page, categories=[mugs])
    assert set(listing(product).category_keys) == {kitchen.key, mugs.key}

    with django_capture_on_commit_callbacks(execute=True):
        table.refresh_from_db()
        mugs.move(table, pos="last-child")

    assert set(listing(product).category_keys) == {table.key, mugs.key}


def test_renaming_a_category_changes_no_product_address(
    live, product, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        category = live.categories.get()
        category.slug = "cups"
        category.save()

    assert listing(product).path == "/sellers/acme/blue-mug/"


def test_a_tile_gets_its_renditions_when_they_are_ready(product, shop_page):
    from cms.media import operations as media

    image = an_image()
    a_live_page(product, parent=shop_page, image=image)
    assert listing(product).image["sources"] == []

    media.make_renditions(image_id=image.pk, formats=["webp"], up_to=640)

    assert [source["type"] for source in listing(product).image["sources"]] == ["image/webp"]


def test_pages_stand_only_where_they_belong():
    a_shop()
    assert ProductPage.allowed_parent_page_models() == [SellerPage]
    assert SellerPage.allowed_parent_page_models() == [SellerIndexPage]
    parent = CategoryIndexPage.objects.get()
    for name in ("One", "Two", "Three"):
        parent = a_category(name, parent=parent)
    assert not type(parent).can_create_at(parent)


def change(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE wagtailcore_page SET live = false WHERE depth = 5",
     "UPDATE wagtailcore_page SET live = NOT live, title = 'x' WHERE depth > 3",
     "UPDATE catalog_listing SET page_id = (SELECT id FROM wagtailcore_page WHERE NOT live)"],
)  # fmt: skip
def test_the_database_keeps_no_listing_live_without_its_page(live, seller, shop_page, statement):
    a_draft(a_product(seller, handle="red-mug"), parent=shop_page)

    with pytest.raises(DatabaseError, match="is not live, but its listing is"):
        change(statement)


def test_a_listing_cannot_be_put_up_for_a_page_that_is_down(live):
    live.unpublish()

    with pytest.raises(DatabaseError, match="is not live, but its listing is"):
        change("UPDATE catalog_listing SET is_live = true")
