"""A shopper asks the marketplace to look again at what a seller refused."""

from django.db import transaction
from django.db.models.functions import Now

from .cases import NotPossible, State, check_free, lock_case, move
from .models import Case, CaseEvent
from .moves import APPEAL_WITHIN


@transaction.atomic
def appeal(*, order_token: str, case_id: int, note: str) -> None:
    """Give a refused return or claim to the marketplace's people, once, with a reason.

    Within 14 days of the seller's no; what staff refused stays refused, and a refused
    cancellation is a return once it has come. The caller knows the order's token.
    Raises NotFound, NotPossible.
    """
    case = lock_case(case_id, order_token=order_token)
    if why := why_no_appeal(case):
        raise NotPossible(why)
    said = " ".join(note.split())
    if not said:
        raise NotPossible("Say what Stoa should know, so that we can decide.")
    check_free(case)
    move(case, State.ESCALATED, cause=f"The shopper asked: {said}"[:200], appeal=said[:1000])


def why_no_appeal(case: Case) -> str:
    """Say why the marketplace does not look at a case again; "" when it does."""
    if case.kind == Case.Kind.CANCEL or case.state not in (State.REFUSED, State.DECLINED):
        return "There is no refusal that Stoa could look at."
    events = CaseEvent.objects.filter(case=case)
    if events.filter(to_state=State.ESCALATED).exists():
        return "Stoa has decided about it already."
    if not events.filter(version=case.version, at__gt=Now() - APPEAL_WITHIN).exists():
        return f"Stoa could be asked within {APPEAL_WITHIN.days} days of the answer."
    return ""
