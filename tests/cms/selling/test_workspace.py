import pytest
from wagtail.models import Collection, WorkflowPage

from cms.pages.models import SellerPage
from cms.selling import operations
from cms.selling.models import Workspace
from commerce.accounts.models import User
from commerce.sellers.operations import register
from tests.factories.pages import a_seller_page, a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return User.objects.create_user(email="ida@example.com", password="a-long-Passw0rd")


def a_registered_seller(owner, *, trusted=False):
    a_shop()
    return register(
        name="Acme", owner_id=owner.pk, legal_name="Acme Ltd", email="acme@example.com",
        country="US", rate_bps=1000, trusted=trusted,
    )  # fmt: skip


def test_a_workspace_holds_page_group_and_collection(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))

    page = SellerPage.objects.get()
    assert (page.title, page.url_path.split("/")[-3:], page.live) == (
        "Acme",
        ["sellers", "acme", ""],
        True,
    )
    assert workspace.page_id == page.pk
    assert workspace.collection.get_parent() == Collection.get_first_root_node()
    assert set(owner.groups.values_list("name", flat=True)) == {
        "Sellers",
        workspace.group.name,
    }
    assert owner.has_perm("wagtailadmin.access_admin")


def test_opening_it_again_makes_nothing(owner):
    seller_id = a_registered_seller(owner)
    operations.open_workspace(seller_id=seller_id)
    operations.open_workspace(seller_id=seller_id)

    assert (Workspace.objects.count(), SellerPage.objects.count()) == (1, 1)


def test_a_new_seller_edits_its_own_page_and_has_it_moderated(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))
    mine = workspace.page.permissions_for_user(owner)

    assert (mine.can_edit(), mine.can_add_subpage(), mine.can_publish()) == (True, True, False)
    assert workspace.page.get_workflow().name == operations.MODERATION


def test_a_trusted_seller_publishes_by_itself(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner, trusted=True))

    assert workspace.page.permissions_for_user(owner).can_publish()
    assert not WorkflowPage.objects.filter(page=workspace.page_id).exists()


def test_trust_can_be_given_and_taken(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))

    operations.set_moderation(workspace=workspace, trusted=True)
    assert workspace.page.permissions_for_user(User.objects.get()).can_publish()
    operations.set_moderation(workspace=workspace, trusted=False)
    assert not workspace.page.permissions_for_user(User.objects.get()).can_publish()


def test_a_seller_touches_nobody_elses_pages_and_pictures(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))
    other = a_seller_page(workspace.seller_id, title="Other", slug="other")
    permissions = other.permissions_for_user(owner)

    assert not permissions.can_edit()
    assert not permissions.can_add_subpage()


def test_a_packer_enters_the_admin_and_edits_no_page(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))
    packer = User.objects.create_user(email="pack@example.com", password="a-long-Passw0rd")

    operations.admit(seller_id=workspace.seller_id, user_id=packer.pk, role="packer")

    assert packer.has_perm("wagtailadmin.access_admin")
    assert not workspace.page.permissions_for_user(packer).can_edit()


def test_a_dismissed_person_is_in_no_group_of_the_seller(owner):
    workspace = operations.open_workspace(seller_id=a_registered_seller(owner))

    operations.dismiss(seller_id=workspace.seller_id, user_id=owner.pk)

    assert not owner.groups.exists()
