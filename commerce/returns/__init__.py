"""What happens when an order is not kept: cancellations, returns, exchanges, claims, withdrawals.

Promises that a case moves only along its graph with one event each, that no unit is
in two living cases, that money goes back only after the decision it follows from,
and once, and that every answer has a deadline after which a stated rule decides.
Publishes CaseOpened and CaseMoved.
"""
