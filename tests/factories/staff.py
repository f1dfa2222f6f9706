"""The marketplace's own people, in groups with the rights they get."""

from django.contrib.auth.models import Group, Permission
from django.test import Client

from cms.backoffice.operations import grant_staff_permissions
from cms.selling.operations import MODERATORS
from tests.factories.accounts import make_user
from tests.factories.selling import signed_in

ADMINISTRATORS = "Administrators"
EDITORS = "Editors"


def staff_groups() -> dict[str, Group]:
    """Moderators, administrators and editors of content."""
    names = (MODERATORS, ADMINISTRATORS, EDITORS)
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in names}
    grant_staff_permissions(moderators=groups[MODERATORS], administrators=groups[ADMINISTRATORS])
    groups[EDITORS].permissions.add(Permission.objects.get(codename="access_admin"))
    return groups


def staff_client(group: str) -> Client:
    """A browser in which one of them is signed in."""
    user = make_user()
    user.groups.add(staff_groups()[group])
    return signed_in(user)
