from celery import shared_task

from . import looking, operations, queries


@shared_task
def run_schedule(**_: object) -> None:
    """Pay each seller's current period; beat runs this every hour, and a period is paid once."""
    for payout_id in operations.run_schedule():
        send.delay(payout_id=payout_id)


@shared_task
def bill_subscriptions(**_: object) -> None:
    """Charge plans whose month is over; beat runs this every hour, a month is charged once."""
    operations.bill_subscriptions()


@shared_task
def send(*, payout_id: int, **_: object) -> None:
    operations.send(payout_id=payout_id)


@shared_task
def send_due(**_: object) -> None:
    """Continue what was interrupted, answered late, or refused a while ago."""
    for payout_id in queries.due_payouts(limit=200):
        send.delay(payout_id=payout_id)


@shared_task
def look_at_payouts(**_: object) -> None:
    """Find payouts that arrived or came back without a notice; beat runs this every half hour."""
    looking.look_at_payouts()


@shared_task
def look_at_accounts(**_: object) -> None:
    """Find changed accounts that no notice told of; beat runs this every hour."""
    looking.look_at_accounts()
