"""Groups of customers are kept by staff, by email address."""

import pytest

from commerce.pricing.models import CustomerGroup, GroupMember
from tests.factories.accounts import make_user
from tests.factories.staff import ADMINISTRATORS, MODERATORS, staff_client

pytestmark = pytest.mark.django_db

LIST = "/admin/office/groups/"


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def test_a_group_is_written_by_addresses_and_changed(staff):
    first, second = make_user(), make_user()

    staff.post(f"{LIST}new/", {"name": "Trade", "emails": f"{first.email.upper()}\n"})
    group = CustomerGroup.objects.get()
    assert first.email in staff.get(f"{LIST}{group.pk}/").content.decode()

    staff.post(f"{LIST}{group.pk}/", {"name": "Friends", "emails": second.email})
    assert list(GroupMember.objects.values_list("user", "group__name")) == [(second.pk, "Friends")]
    assert "Friends" in staff.get(LIST).content.decode()


def test_what_is_wrong_is_named_and_changes_nothing(staff):
    CustomerGroup.objects.create(name="Trade")

    unknown = staff.post(f"{LIST}new/", {"name": "X", "emails": "nobody@example.com"})
    taken = staff.post(f"{LIST}new/", {"name": "Trade", "emails": ""})

    assert "No account has the address nobody@example.com." in unknown.content.decode()
    assert "There is a group of this name already." in taken.content.decode()
    assert (unknown.status_code, taken.status_code) == (422, 422)
    assert CustomerGroup.objects.count() == 1


def test_whoever_lacks_the_right_gets_nowhere():
    client = staff_client(MODERATORS)

    for address in (LIST, f"{LIST}new/"):
        assert client.get(address).status_code in (302, 403)
