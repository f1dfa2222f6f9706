"""What happens when a seller does not answer in time: the rule decides."""

import structlog
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from commerce.kernel.actor import acting_as

from .cancelling import grant
from .cases import Kind, NotPossible, State, lock_case, move
from .models import Case
from .returning import approve_return

log = structlog.get_logger(__name__)


def decide_due(*, limit: int = 100) -> int:
    """Decide what sellers left unanswered; returns how many cases were decided.

    Cancellations are granted and returns approved; claims go to the marketplace's
    people, and an exchange for which nothing is left becomes a refund. A case that
    cannot be decided so keeps no other from it.
    """
    due = Case.objects.filter(due_at__lte=Now(), state=State.REQUESTED).order_by("due_at", "pk")
    decided = 0
    for case_id in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with acting_as("rule"):
                decided += _decide(case_id)
        except OperationalError as crowded:
            log.warning("case.not_decided", case_id=case_id, error=str(crowded))
        except Exception as error:
            log.error("case.not_decided", case_id=case_id, error=repr(error))
    return decided


@transaction.atomic
def _decide(case_id: int) -> bool:
    case = lock_case(case_id)
    if case.state != State.REQUESTED or case.due_at is None:
        return False
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
            approve_return(lock_case(case_id), cause=f"{why}; nothing is left to send instead")
    return True
