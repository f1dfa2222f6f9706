"""No listing is live without its page: a transaction that takes a page down must withdraw it.

Signals do so and tell commerce; this refuses what would pass them by, such as a bulk
update or raw SQL. Asked when the transaction ends, as pages are changed first.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION bridge_listing_has_its_page() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint;
BEGIN
    IF TG_TABLE_NAME = 'catalog_listing' THEN
        subject := NEW.page_id;
    ELSE
        subject := OLD.id;
    END IF;
    IF EXISTS (SELECT 1 FROM catalog_listing WHERE page_id = subject AND is_live)
       AND (TG_TABLE_NAME = 'wagtailcore_page' OR EXISTS (
            SELECT 1 FROM wagtailcore_page WHERE id = subject AND NOT live))
       AND NOT EXISTS (SELECT 1 FROM wagtailcore_page WHERE id = subject AND live) THEN
        RAISE EXCEPTION 'page % is not live, but its listing is', subject
            USING ERRCODE = 'check_violation', HINT = 'Withdraw the listing first.';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER page_down_listing_down AFTER UPDATE OF live ON wagtailcore_page
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.live AND NOT NEW.live)
    EXECUTE FUNCTION bridge_listing_has_its_page();
CREATE CONSTRAINT TRIGGER page_gone_listing_down AFTER DELETE ON wagtailcore_page
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.live)
    EXECUTE FUNCTION bridge_listing_has_its_page();
CREATE CONSTRAINT TRIGGER listing_has_its_page
    AFTER INSERT OR UPDATE OF is_live, page_id ON catalog_listing
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_live)
    EXECUTE FUNCTION bridge_listing_has_its_page();
"""

BACKWARD = """
DROP TRIGGER listing_has_its_page ON catalog_listing;
DROP TRIGGER page_gone_listing_down ON wagtailcore_page;
DROP TRIGGER page_down_listing_down ON wagtailcore_page;
DROP FUNCTION bridge_listing_has_its_page();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bridge", "0001_initial"),
        ("catalog", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
