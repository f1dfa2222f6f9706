import structlog
from celery import shared_task
from django.db import transaction

from commerce.outbox.bus import publish

from . import queries
from .events import InvariantsChecked

log = structlog.get_logger(__name__)


@shared_task
def check(**_: object) -> None:
    """Raise the alarm for every rule that does not hold; beat runs this every hour."""
    broken = queries.broken()
    for result in broken:
        log.error(
            "invariant.broken",
            code=result.code,
            rule=result.rule,
            violations=result.violations,
        )
    with transaction.atomic():
        publish(InvariantsChecked(broken=[f"{each.code} {each.rule}" for each in broken]))
