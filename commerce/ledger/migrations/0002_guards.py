"""The ledger keeps its promises by itself: balanced, sealed, append-only."""

from django.db import migrations

FORWARD = """
ALTER TABLE ledger_journal ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_entry_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT xid FROM ledger_journal WHERE id = NEW.journal_id) IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'journal % is sealed', NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_sealed BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_sealed();

CREATE FUNCTION ledger_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines integer;
    wrong text;
BEGIN
    SELECT count(*) INTO lines FROM ledger_entry WHERE journal_id = NEW.id;
    IF lines < 2 THEN
        RAISE EXCEPTION 'journal % has % entries', NEW.id, lines USING ERRCODE = 'check_violation';
    END IF;
    SELECT string_agg(currency || ' ' || difference, ', ') INTO wrong FROM (
        SELECT a.currency, sum(e.amount_minor) AS difference
        FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.journal_id = NEW.id GROUP BY a.currency HAVING sum(e.amount_minor) <> 0
    ) AS uneven;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal % does not balance: %', NEW.id, wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON ledger_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_journal_balances();

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON ledger_journal
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER journal_keeps_all BEFORE TRUNCATE ON ledger_journal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER entry_keeps_all BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- An account's currency decides what its entries mean.
CREATE FUNCTION ledger_account_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % is fixed', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER account_fixed BEFORE UPDATE OF code, currency ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_fixed();
"""

BACKWARD = """
DROP TRIGGER account_fixed ON ledger_account;
DROP TRIGGER entry_keeps_all ON ledger_entry;
DROP TRIGGER journal_keeps_all ON ledger_journal;
DROP TRIGGER entry_append_only ON ledger_entry;
DROP TRIGGER journal_append_only ON ledger_journal;
DROP TRIGGER journal_balances ON ledger_journal;
DROP TRIGGER entry_sealed ON ledger_entry;
DROP FUNCTION ledger_account_fixed();
DROP FUNCTION ledger_append_only();
DROP FUNCTION ledger_journal_balances();
DROP FUNCTION ledger_entry_sealed();
ALTER TABLE ledger_journal DROP COLUMN xid;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
