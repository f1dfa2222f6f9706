"""Who of the staff may do what."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from .rights import MODERATORS_RIGHTS, RIGHTS, TABLES


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
