"""Entries balance as they are written: a check at the commit alone can be asked for too early."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION ledger_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(journal_id || ': ' || currency || ' ' || difference, ', ') INTO wrong FROM (
        SELECT e.journal_id, a.currency, sum(e.amount_minor) AS difference
        FROM written e JOIN ledger_account a ON a.id = e.account_id
        GROUP BY e.journal_id, a.currency HAVING sum(e.amount_minor) <> 0
    ) AS uneven;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal % does not balance', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_balance AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_balance();
"""

BACKWARD = """
DROP TRIGGER entries_balance ON ledger_entry;
DROP FUNCTION ledger_entries_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
