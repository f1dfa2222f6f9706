from dataclasses import dataclass
from datetime import datetime

from commerce.kernel.day_seals import SealedTable


@dataclass(frozen=True, kw_only=True)
class EntryData:
    """One line of an account's statement; debits are positive."""

    at: datetime
    kind: str
    memo: str
    business_key: str
    amount_minor: int


SEALED = SealedTable(
    name="ledger",
    seals="ledger_seal",
    counted="journals",
    rows="ledger_journal j",
    at="j.posted_at",
    order="j.id",
    said="""concat_ws('|',
        j.id, to_char(j.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
        j.business_key, j.kind, j.memo,
        (SELECT string_agg(concat_ws(' ', a.code, a.currency, e.amount_minor), ',' ORDER BY e.id)
         FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
         WHERE e.journal_id = j.id)
    )""",
)
