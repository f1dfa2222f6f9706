import structlog
from celery import shared_task

from . import operations

log = structlog.get_logger(__name__)


@shared_task
def reproject_below(*, page_id: int, **_: object) -> None:
    operations.reproject_below(page_id=page_id)


@shared_task
def reproject_category(*, page_id: int, **_: object) -> None:
    operations.reproject_category(page_id=page_id)


@shared_task
def reconcile(**_: object) -> None:
    """Find and mend drift between pages and listings; beat runs this every night."""
    if drift := operations.reconcile():
        log.warning("bridge.drift_mended", published=drift.published, withdrawn=drift.withdrawn)


@shared_task
def publish_scheduled(**_: object) -> None:
    """Publish and expire what is due; beat runs this every minute."""
    operations.publish_scheduled()
