import hashlib
import smtplib
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Now

from commerce.gateways.breaker import CircuitBreaker
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.failpoints import failpoint
from commerce.kernel.retrying import pause
from commerce.orders import queries as orders

from . import mails
from .models import Message
from .queries import stuck
from .rendering import render

log = structlog.get_logger(__name__)

# Each attempt at a server that hangs keeps a worker waiting; after five the rest waits in peace.
server = CircuitBreaker(threshold=5, pause=60.0)
LEASE = timedelta(minutes=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]
MAX_ATTEMPTS = 10
LINK_PAUSE = timedelta(minutes=10)
KEYS = {
    "account_confirm", "account_reset", "account_unlock", "credit_issued", "gift_card",
    "team_invitation",
}  # fmt: skip
"""Mails whose words open something for whoever reads them; forgotten once they are sent."""
BULK = {"low_stock", "payout_sent"}
"""Mails that leave in crowds and may wait half a minute. They have a queue of their own."""


@unconfined()
@transaction.atomic
def send(*, key: str, kind: str, recipient: str, subject: str, context: dict[str, Any]) -> bool:
    """Owe somebody a mail, once per key; a worker sends it after the transaction commits.

    Returns False, and changes nothing, when the key was used before.
    """
    if Message.objects.filter(key=key).exists():
        return False
    mail = render(kind=kind, subject=subject, context=context)
    created = Message.objects.bulk_create(
        [
            Message(
                key=key, kind=kind, recipient=recipient,
                subject=mail.subject, text=mail.text, html=mail.html,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    if kind not in BULK:
        from .tasks import nudge  # here, because tasks call operations

        transaction.on_commit(lambda: nudge(key=key))
    return bool(created)


def send_order_link(*, order_token: str) -> bool:
    """Mail the tracking link of an order to its own address, at most every ten minutes.

    Returns False when there is no such order or the last mail is too fresh; a
    caller must not tell the difference to whoever asked.
    """
    order = orders.order(token=order_token)
    if order is None or order.state == "pending":
        return False
    window = int(clock.now().timestamp() // LINK_PAUSE.total_seconds())
    mail = mails.order_link(order, window=window)
    return send(**mail)


def deliver(*, message_id: int) -> bool:
    """Hand a mail to the mail server; returns False when there was nothing to do.

    Talks to the network between two short transactions. A worker that dies
    in between leaves the mail to be sent again, under the same Message-ID. With the
    mail server away it stays due, and no try of it is used up.
    """
    if not server.allows():
        return False
    message = _claim(message_id)
    if message is None:
        return False
    failpoint("mail_before_send")
    try:
        _as_mail(message).send()
    except Exception as error:
        if is_servers_fault(error):
            server.failed()
        wait = pause(BACKOFF, attempts=message.attempts)
        Message.objects.filter(pk=message_id).update(
            due_at=Now() + wait, last_error=repr(error)[:2000]
        )
        log.warning("mail.failed", message_id=message_id, kind=message.kind, error=repr(error))
        return False
    server.succeeded()
    failpoint("mail_after_send")
    forgotten = {"text": "", "html": ""} if message.kind in KEYS else {}
    Message.objects.filter(pk=message_id).update(sent_at=Now(), last_error="", **forgotten)
    return True


@transaction.atomic
def _claim(message_id: int) -> Message | None:
    message = (
        Message.objects.select_for_update(skip_locked=True)
        .filter(pk=message_id, sent_at=None, due_at__lte=Now(), attempts__lt=MAX_ATTEMPTS)
        .first()
    )
    if message is not None:
        Message.objects.filter(pk=message_id).update(
            attempts=F("attempts") + 1, due_at=Now() + LEASE
        )
    return message


def is_servers_fault(error: Exception) -> bool:
    """Tell a mail server that is away from one that refuses this mail."""
    refused = (
        smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError,
        smtplib.SMTPNotSupportedError,
    )  # fmt: skip
    return isinstance(error, OSError) and not isinstance(error, refused)


def _as_mail(message: Message) -> EmailMultiAlternatives:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{digest}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(message.html, "text/html")
    return mail


def try_again(*, message_id: int) -> bool:
    """Give a stuck mail all its attempts anew, at once; False when it is not stuck.

    For staff with the right.
    """
    return bool(stuck().filter(pk=message_id).update(attempts=0, due_at=Now()))


def give_up(*, message_id: int, note: str) -> bool:
    """Leave a stuck mail unsent, with a note; False when it is not stuck.

    For staff with the right, who told the recipient in another way or need not.
    """
    said = Concat(Value(f"Given up: {note}. "), F("last_error"))
    return bool(stuck().filter(pk=message_id).update(given_up_at=Now(), last_error=said))
