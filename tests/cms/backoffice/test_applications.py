import pytest

from cms.pages.models import SellerPage
from cms.selling.models import Workspace
from commerce.sellers import operations as sellers
from commerce.sellers import queries
from commerce.sellers.models import Application
from tests.factories.accounts import make_user
from tests.factories.pages import a_shop
from tests.factories.staff import EDITORS, staff_client

pytestmark = pytest.mark.django_db

LIST = "/admin/office/applications/"


@pytest.fixture
def application():
    a_shop()
    pk = sellers.apply(
        user_id=make_user(email="ida@example.com").pk, shop_name="Lichen", legal_name="Lichen LLC",
        email="hello@lichen.example", country="US", about="Bowls turned from local wood.",
    )  # fmt: skip
    return Application.objects.get(pk=pk)


def test_approval_makes_page_group_collection_and_agreement(application):
    client = staff_client("Moderators")

    answer = client.post(f"{LIST}{application.pk}/", {"approve": "1", "rate": "12.5"})

    assert answer.status_code == 302
    application.refresh_from_db()
    assert application.state == "approved"
    workspace = Workspace.objects.get(seller_id=application.seller_id)
    page = SellerPage.objects.get(pk=workspace.page_id)
    assert (page.title, page.live, page.get_workflow() is not None) == ("Lichen", True, True)
    assert workspace.collection.name.startswith("Lichen")
    member = queries.members(seller_ids=[application.seller_id])[application.seller_id][0]
    assert (member.email, member.role) == ("ida@example.com", "owner")
    rates = queries.commission_rates(
        seller_ids=[application.seller_id], at=workspace.seller.agreements.get().valid_from
    )
    assert rates == {application.seller_id: 1250}
    assert application.user.has_perm("wagtailadmin.access_admin")


def test_a_rejection_needs_a_reason_and_keeps_it(application):
    client = staff_client("Moderators")

    silent = client.post(f"{LIST}{application.pk}/", {"reject": "1", "reason": " "})
    answered = client.post(f"{LIST}{application.pk}/", {"reject": "1", "reason": "No address."})

    application.refresh_from_db()
    assert (silent.status_code, answered.status_code) == (422, 302)
    assert (application.state, application.reason) == ("rejected", "No address.")


def test_a_decision_is_made_once(application):
    client = staff_client("Moderators")
    client.post(f"{LIST}{application.pk}/", {"reject": "1", "reason": "No address."})

    answer = client.post(f"{LIST}{application.pk}/", {"approve": "1", "rate": "10"}, follow=True)

    assert "This application was rejected already." in answer.content.decode()
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("rate", ["", "-1", "101", "ten", "1.234"])
def test_a_rate_that_is_no_share_approves_nothing(application, rate):
    answer = staff_client("Moderators").post(
        f"{LIST}{application.pk}/", {"approve": "1", "rate": rate}
    )

    assert answer.status_code == 422
    application.refresh_from_db()
    assert application.state == "submitted"


def test_a_name_taken_meanwhile_is_said(application):
    sellers.register(
        name="Lichen", owner_id=make_user().pk, legal_name="Other", email="o@example.com",
        country="US", rate_bps=1000,
    )  # fmt: skip

    answer = staff_client("Moderators").post(
        f"{LIST}{application.pk}/", {"approve": "1", "rate": "10"}
    )

    assert answer.status_code == 422
    assert "Lichen" in answer.content.decode()
    application.refresh_from_db()
    assert application.state == "submitted"


def test_an_editor_of_content_decides_nothing(application):
    staff_client(EDITORS).post(f"{LIST}{application.pk}/", {"approve": "1", "rate": "10"})

    application.refresh_from_db()
    assert application.state == "submitted"


def test_what_waits_comes_first_and_is_counted_on_the_home_page(application):
    client = staff_client("Moderators")
    page = client.get(LIST)

    assert [row.shop_name for row in page.context["object_list"]] == ["Lichen"]
    assert "Applications to sell" in client.get("/admin/").content.decode()
