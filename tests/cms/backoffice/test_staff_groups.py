"""A shop without the demo has its groups of staff, whoever deploys it how often."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from wagtail.models import GroupPagePermission

from cms.backoffice.operations import make_staff_groups
from cms.backoffice.rights import ADMINISTRATORS, EDITORS, MODERATORS, MODERATORS_RIGHTS, RIGHTS
from tests.factories.accounts import make_user
from tests.factories.selling import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    """As migrations leave it: Wagtail's own groups, without a right of ours."""
    Group.objects.filter(name=ADMINISTRATORS).delete()
    for name in (EDITORS, MODERATORS):
        Group.objects.get_or_create(name=name)[0].permissions.clear()


def rights(name):
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_each_group_gets_the_rights_of_its_work():
    assert make_staff_groups() == [ADMINISTRATORS]

    assert rights(ADMINISTRATORS) >= {"access_admin", *RIGHTS}
    assert rights(MODERATORS) >= {"access_admin", *MODERATORS_RIGHTS}
    assert rights(MODERATORS) & set(RIGHTS) == set(MODERATORS_RIGHTS)
    assert rights(EDITORS) >= {"access_admin", "change_shopsettings"}
    assert rights(EDITORS) & set(RIGHTS) == set()


def test_doing_it_again_changes_nothing_and_leaves_what_staff_added():
    make_staff_groups()
    extra = Permission.objects.get(codename="view_orders")
    Group.objects.get(name=MODERATORS).permissions.add(extra)
    before = {name: rights(name) for name in (EDITORS, MODERATORS, ADMINISTRATORS)}
    pages = GroupPagePermission.objects.count()

    assert make_staff_groups() == []

    assert {name: rights(name) for name in before} == before
    assert GroupPagePermission.objects.count() == pages


def test_a_right_that_came_with_a_release_is_given():
    make_staff_groups()
    Group.objects.get(name=ADMINISTRATORS).permissions.remove(
        Permission.objects.get(codename="manage_tax")
    )

    make_staff_groups()

    assert "manage_tax" in rights(ADMINISTRATORS)


def test_an_administrator_of_a_fresh_shop_enters_the_back_office():
    call_command("make_staff_groups")
    user = make_user()
    user.groups.add(Group.objects.get(name=ADMINISTRATORS))

    client = signed_in(user)

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/office/sellers/").status_code == 200
    assert client.get("/admin/pages/1/").status_code == 200


def test_deployment_makes_them():
    assert "make_staff_groups" in Path("compose.yaml").read_text()
