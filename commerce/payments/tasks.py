from celery import shared_task

from . import operations


@shared_task
def handle_event(*, event_id: str, **_: object) -> None:
    operations.handle_event(event_id=event_id)


@shared_task
def send_refunds(**_: object) -> None:
    operations.send_refunds()


@shared_task
def work_off_events(**_: object) -> None:
    operations.work_off_events()
