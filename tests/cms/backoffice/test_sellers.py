import pytest

from cms.pages.models import ProductPage
from commerce.offers import queries as offers
from commerce.sellers.models import Seller
from tests.factories.selling import open_shop
from tests.factories.staff import staff_client
from tests.support.admin_worlds import seat

pytestmark = pytest.mark.django_db


def act(seller, **form):
    return staff_client("Moderators").post(f"/admin/office/sellers/{seller.pk}/", form)


def test_suspending_takes_everything_off_sale_and_reinstating_brings_it_back(
    django_capture_on_commit_callbacks,
):
    own = seat("Acme")
    variant = own.ids["variant_id"]

    with django_capture_on_commit_callbacks(execute=True):
        act(own.shop.seller, action="suspend", reason="Counterfeits")
    seller = Seller.objects.get(pk=own.shop.seller.pk)
    assert (seller.state, seller.suspension_reason) == ("suspended", "Counterfeits")
    assert offers.current(variant_ids=[variant], currency="USD")[variant].refusal is not None
    assert not ProductPage.objects.live().exists()

    with django_capture_on_commit_callbacks(execute=True):
        act(own.shop.seller, action="reinstate")
    assert offers.current(variant_ids=[variant], currency="USD")[variant].refusal is None


def test_a_suspension_needs_a_reason():
    shop = open_shop("Acme")

    assert act(shop.seller, action="suspend", reason="").status_code == 422
    shop.seller.refresh_from_db()
    assert shop.seller.state == "active"


def test_trust_is_given_and_taken():
    shop = open_shop("Acme")
    page = shop.workspace.page

    act(shop.seller, action="trust")
    assert page.permissions_for_user(shop.people["owner"].__class__.objects.get(
        pk=shop.people["owner"].pk)).can_publish()  # fmt: skip
    act(shop.seller, action="distrust")
    assert page.get_workflow() is not None


def test_a_new_commission_applies_from_now_on():
    shop = open_shop("Acme")

    act(shop.seller, action="agree", rate="15")

    rates = shop.seller.agreements.order_by("valid_from").values_list("rate_bps", flat=True)
    assert list(rates) == [1000, 1500]


def test_an_unknown_action_does_nothing():
    assert act(open_shop("Acme").seller, action="close").status_code == 404


def test_the_page_says_who_and_how_much():
    own = seat("Acme")

    page = staff_client("Moderators").get(f"/admin/office/sellers/{own.shop.seller.pk}/")

    assert "Acme legal" in page.content.decode()
    assert "owner@acme.example.com" in page.content.decode()
