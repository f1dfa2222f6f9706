"""Who of the staff may do what."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from .rights import ADMINISTRATORS, EDITORS, MODERATORS, MODERATORS_RIGHTS, RIGHTS, TABLES

GROUPS = (EDITORS, MODERATORS, ADMINISTRATORS)
EDITORS_SETTINGS = ("change_shopsettings", "change_navigation")


@transaction.atomic
def make_staff_groups() -> list[str]:
    """Make the groups of staff that are missing, and give each the rights of its work.

    Returns the names of those that were made. A new group of administrators also gets the
    whole tree of pages and pictures. Repeating it gives back what was taken, such as a right
    that came with a release; what groups have beyond it is left alone. For deployments.
    """
    found = {name: Group.objects.get_or_create(name=name) for name in GROUPS}
    editors, moderators, administrators = (found[name][0] for name in GROUPS)
    access = Permission.objects.filter(codename="access_admin")
    settings = Permission.objects.filter(codename__in=EDITORS_SETTINGS)
    redirects = Permission.objects.filter(content_type__app_label="wagtailredirects")
    editors.permissions.add(*access, *settings, *redirects)
    if found[ADMINISTRATORS][1]:
        _open_everything(administrators)
    grant_staff_permissions(moderators=moderators, administrators=administrators)
    return [name for name, (_, is_new) in found.items() if is_new]


def _open_everything(group: Group) -> None:
    group.permissions.add(*Permission.objects.all())
    root, collection = Page.get_first_root_node(), Collection.get_first_root_node()
    GroupPagePermission.objects.bulk_create(
        GroupPagePermission(group=group, page=root, permission=permission)
        for permission in Permission.objects.filter(
            content_type__app_label="wagtailcore", content_type__model="page"
        ).exclude(codename__in=["view_page", "delete_page"])
    )
    GroupCollectionPermission.objects.bulk_create(
        GroupCollectionPermission(group=group, collection=collection, permission=permission)
        for permission in Permission.objects.filter(
            content_type__app_label="wagtailimages", content_type__model="image"
        )
    )


@transaction.atomic
def grant_staff_permissions(*, moderators: Group, administrators: Group) -> None:
    """Let moderators decide about sellers, and administrators do all of the back office.

    Repeating it changes nothing; other rights of the groups are left alone.
    """
    access = Permission.objects.filter(codename="access_admin")
    moderators.permissions.add(*access, *_permissions(MODERATORS_RIGHTS))
    administrators.permissions.add(*access, *_permissions(RIGHTS))


def _permissions(rights: Iterable[str]) -> list[Permission]:
    rights = list(rights)
    wanted = Q(content_type__app_label="backoffice", codename__in=rights)
    for right, (app, model) in TABLES.items():
        if right in rights:
            verbs = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view")]
            wanted |= Q(content_type__app_label=app, codename__in=verbs)
    return list(Permission.objects.filter(wanted))
