"""Give the shop its groups of staff: `manage.py make_staff_groups`."""

from typing import Any

from django.core.management.base import BaseCommand

from cms.backoffice import operations


class Command(BaseCommand):
    help = "Make the groups Editors, Moderators and Administrators, and give them what they lack."

    def handle(self, *args: Any, **options: Any) -> None:
        made = operations.make_staff_groups()
        self.stdout.write(f"made: {', '.join(made)}" if made else "all groups are there")
