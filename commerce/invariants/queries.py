import structlog
from django.db import connection, transaction

from commerce.audit import queries as audit
from commerce.ledger import queries as ledger

from .rules import RULES
from .types import Result, Rule

log = structlog.get_logger(__name__)

OUTSIDE = "The seals of audit log and ledger are those that are kept outside the database."


def check_all() -> list[Result]:
    """Count the violations of every rule, all at the same instant of the database."""
    return sorted(
        [*_check_rules(), Result(code="INV13", rule=OUTSIDE, violations=_outside())],
        key=lambda result: int(result.code.removeprefix("INV")),
    )


def _outside() -> int:
    """Count days that differ, and chains beside those of this database.

    A store that cannot be read hides none of the other answers.
    """
    try:
        differing = [*audit.rewritten_days(), *ledger.rewritten_days()]
        beside = [*audit.other_chains(), *ledger.other_chains()]
    except Exception:
        log.exception("invariants.seals_unreadable")
        return 1
    if differing or beside:
        log.error("invariants.seals_differ", days=sorted(map(str, differing)), chains=beside)
    return len(differing) + len(beside)


def _check_rules() -> list[Result]:
    if connection.in_atomic_block:
        with connection.cursor() as cursor:  # what is to be done at its end counts as done
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return [_check(rule) for rule in RULES]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [_check(rule) for rule in RULES]


def broken() -> list[Result]:
    """Return only the rules that do not hold."""
    return [result for result in check_all() if result.violations]


def _check(rule: Rule) -> Result:
    with connection.cursor() as cursor:
        cursor.execute(rule.violations)
        violations = int(cursor.fetchone()[0])
    return Result(code=rule.code, rule=rule.promise, violations=violations)
