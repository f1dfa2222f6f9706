"""How long a return may wait for the next step, and what an escalated case waited for."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from commerce.kernel import clock

from .models import Case, CaseEvent
from .policies import LAW

State = Case.State

SEND_WITHIN = timedelta(days=21)
"""How long an approved return waits for the parcel to be handed over; then it lapses."""
RECEIVE_WITHIN = timedelta(days=14)
"""How long a parcel may be on its way back before the marketplace looks at it."""
INSPECT_WITHIN = timedelta(days=7)
"""How long a seller has to look at what came back."""
AT_LEAST = timedelta(days=3)
"""What a seller is left for a withdrawal, however late in its fortnight the parcel came."""
REPLACE_WITHIN = timedelta(days=5)
"""After so long a seller is reminded to send what replaces returned goods."""
REPLACE_AT_LATEST = timedelta(days=10)
"""After so long the marketplace's people are told that it was not sent."""
WITHIN = {
    State.APPROVED: SEND_WITHIN,
    State.SENT: RECEIVE_WITHIN,
    State.RECEIVED: INSPECT_WITHIN,
}
REMIND_BEFORE = {
    State.APPROVED: timedelta(days=7),
    State.SENT: timedelta(days=3),
    State.RECEIVED: timedelta(days=2),
}


def due_after(case: Case, to_state: str) -> datetime | None:
    """Return when a rule acts on a case that is moved to a state; None where nobody waits.

    A withdrawal is refunded within 14 days of its declaration; until the goods came, or
    were shown to be sent, the money may be kept back (Directive 2011/83/EU, article 13).
    """
    wait = WITHIN.get(State(to_state))
    if wait is None:
        return None
    now = clock.now()
    if case.basis == Case.Basis.WITHDRAWAL and to_state != State.APPROVED:
        return min(now + wait, max(case.created_at + LAW, now + AT_LEAST))
    return now + wait


def stage(case: Case) -> str:
    """Return a case's state; of an escalated one, the state it was escalated from."""
    if case.state != State.ESCALATED:
        return case.state
    events = CaseEvent.objects.filter(case=case, to_state=State.ESCALATED)
    return events.order_by("-version").values_list("from_state", flat=True)[0]


def unsent_replacements(*, after: timedelta) -> QuerySet[Case]:
    """Return cases whose replacement was agreed so long ago and has not left."""
    agreed = CaseEvent.objects.filter(
        case=OuterRef("pk"), version=OuterRef("version"), at__lte=Now() - after
    )
    waiting = Case.objects.filter(state=State.EXCHANGED, replaced_at=None)
    return waiting.filter(Exists(agreed)).order_by("pk")


def came_back(case: Case) -> bool:
    """Tell whether the seller ever had the goods of a return in hand."""
    return CaseEvent.objects.filter(case=case, to_state=State.RECEIVED).exists()
