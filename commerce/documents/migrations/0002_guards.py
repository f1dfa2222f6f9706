"""Documents stay as they were issued; their numbers have no gap and no double."""

from django.db import migrations

FORWARD = """
-- Digests are made where the content lands, so that nobody can forget or invent them.
CREATE FUNCTION documents_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.digest := encode(sha256(convert_to(NEW.content::text, 'UTF8')), 'hex');
    NEW.parties_digest := encode(sha256(convert_to(NEW.parties::text, 'UTF8')), 'hex');
    IF NEW.parties IS NULL THEN
        RAISE EXCEPTION 'a document is issued to somebody' USING ERRCODE = 'not_null_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_sealed BEFORE INSERT ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_seal();

-- One thing may change: seven full years after the one of its issue the buyer is taken out, for good.
CREATE FUNCTION documents_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('stoa.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'documents_document' THEN
        IF NEW.parties IS NULL
            AND OLD.year + 7 < extract(year FROM clock_timestamp() AT TIME ZONE 'UTC')
            AND to_jsonb(NEW) - 'parties' = to_jsonb(OLD) - 'parties'
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '%: what was issued stays as it is', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_frozen();
CREATE TRIGGER documents_kept BEFORE TRUNCATE ON documents_document
    FOR EACH STATEMENT EXECUTE FUNCTION documents_frozen();
CREATE TRIGGER counter_kept BEFORE DELETE ON documents_counter
    FOR EACH ROW EXECUTE FUNCTION documents_frozen();
CREATE TRIGGER counters_kept BEFORE TRUNCATE ON documents_counter
    FOR EACH STATEMENT EXECUTE FUNCTION documents_frozen();

-- A series begins at none and counts up by one.
CREATE FUNCTION documents_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.last <> 0 THEN
            RAISE EXCEPTION 'a series begins with number 1' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.last <> OLD.last + 1
        OR (NEW.seller_id, NEW.kind, NEW.year) <> (OLD.seller_id, OLD.kind, OLD.year)
    THEN
        RAISE EXCEPTION 'numbers are given out one after the other' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counter_counts BEFORE INSERT OR UPDATE ON documents_counter
    FOR EACH ROW EXECUTE FUNCTION documents_count();

-- At the commit every number that was given out is on a document, and the other way round.
CREATE FUNCTION documents_number_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last > 0 AND NOT EXISTS (
        SELECT 1 FROM documents_document d
        WHERE d.seller_id = NEW.seller_id AND d.kind = NEW.kind AND d.year = NEW.year
          AND d.serial = NEW.last
    ) THEN
        RAISE EXCEPTION 'number % of seller % in % was given out for nothing',
            NEW.last, NEW.seller_id, NEW.year USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_used AFTER INSERT OR UPDATE ON documents_counter
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION documents_number_used();

CREATE FUNCTION documents_number_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.serial IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM documents_counter c
        WHERE c.seller_id = NEW.seller_id AND c.kind = NEW.kind AND c.year = NEW.year
          AND c.last >= NEW.serial
    ) THEN
        RAISE EXCEPTION 'number % was never given out', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_given AFTER INSERT ON documents_document
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION documents_number_given();

-- A document belongs to one seller's part of one order, and corrects one of the same part.
CREATE FUNCTION documents_belong() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seller_order_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM orders_sellerorder p
        WHERE p.id = NEW.seller_order_id AND p.order_id = NEW.order_id AND p.seller_id = NEW.seller_id
    ) THEN
        RAISE EXCEPTION '%: another seller''s order', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrects_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM documents_document i
        WHERE i.id = NEW.corrects_id AND i.kind = 'invoice' AND i.seller_order_id = NEW.seller_order_id
    ) THEN
        RAISE EXCEPTION '%: corrects another order''s invoice', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_belongs BEFORE INSERT ON documents_document
    FOR EACH ROW EXECUTE FUNCTION documents_belong();
"""

BACKWARD = """
DROP TRIGGER document_belongs ON documents_document;
DROP TRIGGER number_given ON documents_document;
DROP TRIGGER number_used ON documents_counter;
DROP TRIGGER counter_counts ON documents_counter;
DROP TRIGGER counters_kept ON documents_counter;
DROP TRIGGER counter_kept ON documents_counter;
DROP TRIGGER documents_kept ON documents_document;
DROP TRIGGER document_frozen ON documents_document;
DROP TRIGGER document_sealed ON documents_document;
DROP FUNCTION documents_belong();
DROP FUNCTION documents_number_given();
DROP FUNCTION documents_number_used();
DROP FUNCTION documents_count();
DROP FUNCTION documents_frozen();
DROP FUNCTION documents_seal();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
