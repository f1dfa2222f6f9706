"""Who may touch what of the tree."""

import pytest
from django.contrib.auth.models import Group

from cms.importing.demo.accounts import EDITORS, ensure_groups
from cms.pages.models import CategoryIndexPage, HomePage, LandingPage, SellerIndexPage
from cms.pages.operations import ensure_site
from cms.selling.operations import MODERATORS
from commerce.accounts.models import User
from tests.cms.bridge.shelf import a_product, a_seller
from tests.factories.pages import a_category, a_live_page, a_seller_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def product_page():
    seller = a_seller()
    page = a_live_page(a_product(seller), parent=a_seller_page(seller.pk))
    ensure_groups()
    return page


def member_of(group):
    user = User.objects.create_user(email=f"{group.lower()}@example.com", password="Passw0rd-long")
    user.groups.add(Group.objects.get(name=group))
    return user


def may(page, user):
    rights = page.permissions_for_user(user)
    return (rights.can_edit(), rights.can_publish(), rights.can_add_subpage())


def test_an_editor_shapes_the_shop_and_stops_at_sellers_ground(product_page):
    editor = member_of(EDITORS)

    assert may(HomePage.objects.get(), editor) == (True, True, True)
    assert may(a_category("Table"), editor) == (True, True, True)
    assert may(product_page, editor) == (False, False, False)
    assert may(product_page.get_parent().specific, editor) == (False, False, False)


def test_a_moderator_decides_on_sellers_ground_and_nowhere_else(product_page):
    moderator = member_of(MODERATORS)

    assert may(product_page, moderator)[:2] == (True, True)
    assert may(HomePage.objects.get(), moderator) == (False, False, False)


def test_an_administrator_does_both(product_page):
    administrator = member_of("Administrators")

    assert may(HomePage.objects.get(), administrator)[:2] == (True, True)
    assert may(product_page, administrator)[:2] == (True, True)


def test_the_site_is_laid_once():
    home = ensure_site()

    assert ensure_site().pk == home.pk
    assert HomePage.objects.count() == 1
    assert [
        page.get_url() for page in (CategoryIndexPage.objects.get(), SellerIndexPage.objects.get())
    ] == ["/shop/", "/sellers/"]


def test_a_merchandiser_adds_a_landing_page_to_the_home_page():
    assert LandingPage in HomePage.creatable_subpage_models()
