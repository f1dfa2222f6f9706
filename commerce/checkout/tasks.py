import structlog
from celery import shared_task

from commerce.payments import operations as payments

from . import operations

log = structlog.get_logger(__name__)


@shared_task
def sweep(**_: object) -> None:
    """Finish open checkouts and act on notices that were left behind; beat runs this."""
    payments.work_off_events()
    operations.sweep()


@shared_task
def settle(*, order_token: str, **_: object) -> None:
    """Look at an order's payment now."""
    operations.finalise(order_token=order_token)


def nudge(*, order_token: str) -> None:
    """Have an order's payment looked at; with the broker away the sweeper does it."""
    try:
        settle.delay(order_token=order_token)
    except Exception as error:
        log.warning("checkout.nudge_lost", error=repr(error))
