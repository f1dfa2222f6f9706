from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from commerce.audit import operations as audit
from commerce.kernel.day_seals import ChainsKept
from commerce.ledger import operations as ledger


class Command(BaseCommand):
    help = (
        "Keep the seals of audit log and ledger in a place that holds none, as after a restore. "
        "The hourly task goes on from there. See docs/runbooks/seals.md."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = [audit.begin_seals(), ledger.begin_seals()]
        except ChainsKept as error:
            raise CommandError(
                f"{error}. Seals that are kept are not written over: name another place in "
                "SEALS_FOLDER when this database is rightly another one."
            ) from None
        audit.record(
            action="seals_begun",
            subject=settings.SEALS_FOLDER[:120],
            details={"audit": kept[0], "ledger": kept[1]},
        )
        self.stdout.write(
            f"{settings.SEALS_FOLDER}: {kept[0]} days of the audit log, {kept[1]} of the ledger."
        )
