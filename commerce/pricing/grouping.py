"""Groups of customers."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from .models import CustomerGroup, GroupMember


class GroupNameTaken(Exception):
    """Another group has this name."""


@transaction.atomic
def save_group(*, name: str, user_ids: Iterable[int], group_id: int | None = None) -> int:
    """Write a group with everybody who belongs to it. Raises GroupNameTaken."""
    wanted = set(user_ids)
    try:
        with transaction.atomic():
            group = CustomerGroup(pk=group_id, name=name.strip())
            group.save()
    except IntegrityError as error:
        raise GroupNameTaken(name) from error
    members = GroupMember.objects.filter(group=group)
    members.exclude(user_id__in=wanted).delete()
    GroupMember.objects.bulk_create(
        [GroupMember(group=group, user_id=user_id) for user_id in sorted(wanted)],
        ignore_conflicts=True,
    )
    return group.pk
