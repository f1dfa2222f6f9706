"""Work that failed for good: what there is of each kind, and what can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cms.selling import order_exports
from commerce.notifications import operations as mails
from commerce.notifications import queries as mail_queries
from commerce.outbox import operations as outbox
from commerce.outbox import queries as outbox_queries
from commerce.payments import operations as payments

AT_MOST = 100


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One piece of work that waits for a person."""

    id: int
    what: str
    below: str
    attempts: int
    since: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of work: how it is listed, counted, tried again and given up."""

    name: str
    title: str
    told: str
    found: Callable[[], list[Failure]]
    count: Callable[[], int]
    retry: Callable[[int], bool]
    give_up: Callable[[int, str], bool]


def _facts() -> list[Failure]:
    return [
        Failure(
            id=row.id,
            what=row.fact,
            below=row.subscriber,
            attempts=row.attempts,
            since=row.occurred_at,
            reason=row.last_error,
        )
        for row in outbox_queries.parked_deliveries(limit=AT_MOST)
    ]


def _mails() -> list[Failure]:
    return [
        Failure(
            id=row.id,
            what=row.kind.replace("_", " ").capitalize(),
            below=f"to {row.recipient}",
            attempts=row.attempts,
            since=row.created_at,
            reason=row.last_error,
        )
        for row in mail_queries.stuck_messages(limit=AT_MOST)
    ]


def _notices() -> list[Failure]:
    return [
        Failure(
            id=row.id,
            what=row.kind,
            below=row.event_id,
            attempts=row.attempts,
            since=row.received_at,
            reason=row.last_error,
        )
        for row in payments.parked_notices(limit=AT_MOST)
    ]


def _exports() -> list[Failure]:
    return [
        Failure(
            id=row.pk,
            what=f"{row.lines:,} lines as {row.format.upper()}",
            below=f"asked for by person {row.user_id}",
            attempts=row.attempts,
            since=row.created_at,
            reason=row.last_error,
        )
        for row in order_exports.failed()[:AT_MOST]
    ]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="fact",
            title="Facts that were not heard",
            told="Something happened, and a part of the shop that has to follow could not.",
            found=_facts,
            count=outbox_queries.count_parked,
            retry=lambda pk: outbox.try_again(delivery_id=pk),
            give_up=lambda pk, note: outbox.give_up(delivery_id=pk, note=note),
        ),
        Kind(
            name="mail",
            title="Mails that were not sent",
            told="The mail server refused them every time.",
            found=_mails,
            count=mail_queries.count_stuck,
            retry=lambda pk: mails.try_again(message_id=pk),
            give_up=lambda pk, note: mails.give_up(message_id=pk, note=note),
        ),
        Kind(
            name="notice",
            title="Notices of the payment provider",
            told="The provider told of something that could not be written down.",
            found=_notices,
            count=payments.count_parked_notices,
            retry=lambda pk: payments.retry_notice(notice_id=pk),
            give_up=lambda pk, note: payments.give_up_notice(notice_id=pk, note=note),
        ),
        Kind(
            name="export",
            title="Exports that were not made",
            told="A table of orders could not be written or kept.",
            found=_exports,
            count=lambda: order_exports.failed().count(),
            retry=lambda pk: order_exports.try_again(export_id=pk),
            give_up=lambda pk, note: order_exports.give_up(export_id=pk, note=note),
        ),
    )
}


def count() -> int:
    """Return how much work waits for a person, of all kinds together."""
    return sum(kind.count() for kind in KINDS.values())
