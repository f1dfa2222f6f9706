import pytest

from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.payouts.models import Featuring
from commerce.payouts.periods import today
from tests.factories.sales import make_variant
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db
FEATURED = "/admin/selling/earnings/featured/"


@pytest.fixture
def shop():
    return open_shop("Acme")


def words(product, **changes):
    return {"product": str(product.pk), "first_day": str(today()), "days": "2", **changes}


def test_staff_offer_places_and_an_owner_books_one(shop):
    staff_client(ADMINISTRATORS).post(
        "/admin/office/commissions/",
        {"action": "feature", "featured-daily": "5.00", "featured-places": "3"},
    )
    mug = make_variant(shop.seller, name="Blue mug").product
    page = shop.client().post(FEATURED, words(mug), follow=True).content.decode()
    assert "Blue mug is featured." in page
    assert Featuring.objects.filter(product=mug).count() == 2


def test_another_sellers_product_cannot_be_chosen(shop):
    payouts.offer_featuring(daily=Money(500, "USD"), places=3)
    foreign = make_variant(open_shop("Borealis").seller).product
    page = shop.client().post(FEATURED, words(foreign))
    assert page.status_code == 422
    assert not Featuring.objects.exists()


def test_a_refusal_keeps_what_was_typed(shop):
    payouts.offer_featuring(daily=Money(500, "USD"), places=3)
    mug = make_variant(shop.seller).product
    page = shop.client().post(FEATURED, words(mug, first_day="1999-01-01"))
    assert page.status_code == 422
    assert "The first day lies between today" in page.content.decode()
    assert page.context["form"]["days"].value() == "2"


def test_it_is_the_owners_alone(shop):
    assert shop.client("editor").get(FEATURED).status_code == 404
