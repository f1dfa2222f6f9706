from commerce.invariants.events import InvariantsChecked
from commerce.outbox.facts import subscribe

from . import alarms


@subscribe(InvariantsChecked)
def ring_for_broken_rules(fact: InvariantsChecked) -> None:
    alarms.tell_of_invariants(fact.broken)
