import structlog
from celery import shared_task

from . import queries

log = structlog.get_logger(__name__)


@shared_task
def check(**_: object) -> None:
    """Raise the alarm for every rule that does not hold; beat runs this every hour."""
    for result in queries.broken():
        log.error(
            "invariant.broken",
            code=result.code,
            rule=result.rule,
            violations=result.violations,
        )
