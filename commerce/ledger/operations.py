"""Booking. The database refuses what does not balance; here it gets a name first."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from commerce.kernel import day_seals
from commerce.kernel.confinement import unconfined
from commerce.kernel.sql import Planned, fetch_one

from .models import Account
from .types import SEALED

# One round trip: the journal claims the business key when every account is there, and
# the entries follow only when the claim was new.
_POST = Planned("""
WITH line AS (
    SELECT account.id, given.amount_minor
    FROM unnest(%(codes)s::text[], %(amounts)s::bigint[]) AS given (code, amount_minor)
    JOIN ledger_account account
        ON account.code = given.code AND account.currency = %(currency)s
), journal AS (
    INSERT INTO ledger_journal (business_key, kind, memo, posted_at)
    SELECT %(key)s, %(kind)s, %(memo)s, clock_timestamp()
    WHERE (SELECT count(*) FROM line) = %(lines)s
    ON CONFLICT (business_key) DO NOTHING
    RETURNING id
), booked AS (
    INSERT INTO ledger_entry (journal_id, account_id, amount_minor)
    SELECT journal.id, line.id, line.amount_minor FROM journal, line
)
SELECT id FROM journal
""")


class Unbalanced(ValueError):
    """The entries of a journal are fewer than two or do not sum to zero."""

    def __init__(self, *, business_key: str, difference: int, entries: int) -> None:
        self.business_key = business_key
        self.difference = difference
        self.entries = entries
        super().__init__(f"{business_key}: {entries} entries, off by {difference}")


@unconfined()
def post(
    *, business_key: str, kind: str, entries: Mapping[str, int], currency: str, memo: str = ""
) -> bool:
    """Book one business fact: amounts by account code, debits positive, credits negative.

    Entries of zero are left out. Returns False, and books nothing, when the
    business key has a journal already. Raises Unbalanced.
    """
    lines = {code: amount for code, amount in entries.items() if amount}
    difference = sum(lines.values())
    if difference or len(lines) < 2:
        raise Unbalanced(business_key=business_key, difference=difference, entries=len(lines))
    params: dict[str, Any] = {
        "key": business_key,
        "kind": kind,
        "memo": memo[:200],
        "codes": list(lines),
        "amounts": list(lines.values()),
        "currency": currency,
        "lines": len(lines),
    }
    with transaction.atomic(savepoint=False):
        if _book(params):
            return True
        # Nothing was booked: the key is taken, or an account had never been used before.
        # Who opened it is no matter: somebody else may have, since we looked.
        _open_accounts(codes=list(lines), currency=currency)
        return _book(params)


def _book(params: dict[str, Any]) -> bool:
    return fetch_one(_POST, **params) is not None


def _open_accounts(*, codes: list[str], currency: str) -> None:
    Account.objects.bulk_create(
        [Account(code=code, currency=currency) for code in sorted(codes)],
        ignore_conflicts=True,
    )


def seal() -> list[date]:
    """Seal the days that have ended, and keep the seals outside too; returns those days."""
    sealed = day_seals.seal(SEALED)
    day_seals.keep_outside(SEALED)
    return sealed


def begin_seals() -> int:
    """Keep the seals where none are kept yet, as after a restore; returns how many.

    Raises day_seals.ChainsKept.
    """
    return day_seals.begin(SEALED)
