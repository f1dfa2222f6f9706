import structlog
from celery import shared_task

from . import operations, queries

log = structlog.get_logger(__name__)


@shared_task
def render(*, document_id: int, **_: object) -> None:
    """Set one document; for workers."""
    if not queries.is_rendered(document_id=document_id):
        operations.render(document_id=document_id)


@shared_task
def render_due(**_: object) -> None:
    """Set documents whose nudge was lost; beat runs this often. One failure stops no other."""
    for document_id in queries.unrendered(limit=200):
        try:
            operations.render(document_id=document_id)
        except operations.NotRendered:
            log.exception("documents.not_rendered", document_id=document_id)


@shared_task
def forget_buyers(**_: object) -> None:
    """Take buyers out of documents that are no longer kept for the law; beat runs this daily."""
    while operations.forget_buyers(limit=500) == 500:
        pass


def nudge(*, document_id: int) -> None:
    """Tell the workers to set it now. With the broker away the sweep finds it later."""
    try:
        render.delay(document_id=document_id)
    except Exception as error:
        log.warning("documents.nudge_lost", document_id=document_id, error=repr(error))
