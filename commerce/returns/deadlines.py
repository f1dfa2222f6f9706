"""What happens when nobody takes the next step in time: a rule decides, or staff do."""

from collections.abc import Callable

import structlog
from django.db import OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel.actor import acting_as
from commerce.outbox.bus import publish

from .cancelling import grant
from .cases import Kind, NotPossible, State, lock_case, move
from .events import CaseReminder
from .exchanging import give_up_replacements
from .models import Case
from .returning import approve_return, refund_all
from .waiting import REMIND_BEFORE, REPLACE_WITHIN, WITHIN, unsent_replacements

log = structlog.get_logger(__name__)


def decide_due(*, limit: int = 100) -> int:
    """Decide what was left lying; returns how many cases were decided.

    Unanswered cancellations are granted and returns approved; claims go to the
    marketplace's people, and an exchange for which nothing is left becomes a refund.
    An approved return that was not sent lapses; one that never arrived or that nobody
    looked at goes to the marketplace's people; a withdrawal whose goods are back is
    refunded. A case that cannot be decided so keeps no other from it.
    """
    states = [State.REQUESTED, *WITHIN]
    due = Case.objects.filter(due_at__lte=Now(), state__in=states).order_by("due_at", "pk")
    return _each(due.values_list("pk", flat=True)[:limit], _decide, said="case.not_decided")


def remind_due(*, limit: int = 100) -> int:
    """Remind, once per step, who a return waits for before it has waited too long.

    Sellers are also reminded of replacements that they agreed to and did not send.
    """
    soon = Q()
    for state, before in REMIND_BEFORE.items():
        soon |= Q(state=state, due_at__lte=Now() + before)
    due = Case.objects.filter(soon, due_at__gt=Now(), reminded_at=None).order_by("due_at", "pk")
    unsent = unsent_replacements(after=REPLACE_WITHIN).filter(reminded_at=None)
    found = [rows.values_list("pk", flat=True)[:limit] for rows in (due, unsent)]
    return _each([*found[0], *found[1]], _remind, said="case.not_reminded")


def _each(case_ids: object, act: Callable[[int], bool], *, said: str) -> int:
    done = 0
    for case_id in list(case_ids):  # type: ignore[call-overload]
        try:
            with acting_as("rule"):
                done += act(case_id)
        except OperationalError as crowded:
            log.warning(said, case_id=case_id, error=str(crowded))
        except Exception as error:
            log.error(said, case_id=case_id, error=repr(error))
    return done


@transaction.atomic
def _decide(case_id: int) -> bool:
    case = lock_case(case_id)
    if case.due_at is None or not Case.objects.filter(pk=case_id, due_at__lte=Now()).exists():
        return False
    if case.state == State.REQUESTED:
        _answer(case)
    elif case.state in WITHIN:
        _follow_up(case)
    return True


def _answer(case: Case) -> None:
    why = "the seller did not answer in time"
    if case.kind == Kind.CANCEL:
        grant(case, cause=why)
    elif case.kind == Kind.CLAIM:
        move(case, State.ESCALATED, cause=why)
    else:
        try:
            with transaction.atomic():
                approve_return(case, cause=why)
        except NotPossible:
            case.refresh_from_db()
            Case.objects.filter(pk=case.pk).update(remedy=Case.Remedy.REFUND)
            case.lines.update(replacement=None)
            approve_return(lock_case(case.pk), cause=f"{why}; nothing is left to send instead")


def _follow_up(case: Case) -> None:
    withdrawal = case.basis == Case.Basis.WITHDRAWAL
    if case.state == State.APPROVED and not withdrawal:
        move(case, State.CLOSED, cause="nothing was sent back in time")
        give_up_replacements(case)
    elif case.state == State.RECEIVED and withdrawal:
        why = "the seller did not look at it within the time of the law"
        move(case, State.INSPECTED, cause=why)
        refund_all(case, cause=why)
    else:
        whys = {
            State.APPROVED: "nothing was marked as sent in time",
            State.SENT: "the seller did not record its arrival in time",
            State.RECEIVED: "the seller did not look at it in time",
        }
        move(case, State.ESCALATED, cause=whys[State(case.state)])


@transaction.atomic
def _remind(case_id: int) -> bool:
    case = lock_case(case_id)
    still = Q(due_at__gt=Now()) | Q(state=State.EXCHANGED, replaced_at=None)
    waits = Case.objects.filter(still, pk=case_id, reminded_at=None)
    asked = case.state in WITHIN or case.state == State.EXCHANGED
    if not asked or not waits.update(reminded_at=Now()):
        return False
    publish(CaseReminder(case_id=case.pk, state=case.state, version=case.version))
    return True
