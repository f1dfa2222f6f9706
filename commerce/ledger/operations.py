"""Booking. The database refuses what does not balance; here it gets a name first."""

from collections.abc import Mapping

from django.db import connection, transaction

from .models import Account

# One round trip: the journal claims the business key, and the entries follow only
# when the claim was new. Accounts are resolved beforehand, so a journal never waits
# for one to be made.
_POST = """
WITH journal AS (
    INSERT INTO ledger_journal (business_key, kind, memo, posted_at)
    VALUES (%(key)s, %(kind)s, %(memo)s, clock_timestamp())
    ON CONFLICT (business_key) DO NOTHING
    RETURNING id
), booked AS (
    INSERT INTO ledger_entry (journal_id, account_id, amount_minor)
    SELECT journal.id, line.account_id, line.amount_minor
    FROM journal, unnest(%(accounts)s::bigint[], %(amounts)s::bigint[])
        AS line (account_id, amount_minor)
)
SELECT id FROM journal
"""


class Unbalanced(ValueError):
    """The entries of a journal are fewer than two or do not sum to zero."""

    def __init__(self, *, business_key: str, difference: int, entries: int) -> None:
        self.business_key = business_key
        self.difference = difference
        self.entries = entries
        super().__init__(f"{business_key}: {entries} entries, off by {difference}")


@transaction.atomic
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
    accounts = _accounts(codes=list(lines), currency=currency)
    with connection.cursor() as cursor:
        cursor.execute(
            _POST,
            {
                "key": business_key,
                "kind": kind,
                "memo": memo[:200],
                "accounts": [accounts[code] for code in lines],
                "amounts": list(lines.values()),
            },
        )
        return cursor.fetchone() is not None


def _accounts(*, codes: list[str], currency: str) -> dict[str, int]:
    wanted = Account.objects.filter(code__in=codes, currency=currency)
    known = dict(wanted.values_list("code", "pk"))
    missing = [code for code in codes if code not in known]
    if missing:
        Account.objects.bulk_create(
            [Account(code=code, currency=currency) for code in sorted(missing)],
            ignore_conflicts=True,
        )
        known = dict(wanted.values_list("code", "pk"))
    return known
