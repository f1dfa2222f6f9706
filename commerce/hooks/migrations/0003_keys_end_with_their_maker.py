"""A key ends when the owner who made it leaves the shop, or is its owner no more."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION hooks_end_keys_of_maker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hooks_apikey SET revoked_at = clock_timestamp()
    WHERE seller_id = OLD.seller_id AND created_by = 'user:' || OLD.user_id AND revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_end_with_their_maker AFTER DELETE ON sellers_member
    FOR EACH ROW EXECUTE FUNCTION hooks_end_keys_of_maker();
CREATE TRIGGER keys_end_with_ownership AFTER UPDATE OF role ON sellers_member
    FOR EACH ROW WHEN (OLD.role = 'owner' AND NEW.role <> 'owner')
    EXECUTE FUNCTION hooks_end_keys_of_maker();
UPDATE hooks_apikey k SET revoked_at = clock_timestamp()
WHERE revoked_at IS NULL AND created_by LIKE 'user:%' AND NOT EXISTS (
    SELECT FROM sellers_member m
    WHERE m.seller_id = k.seller_id AND 'user:' || m.user_id = k.created_by AND m.role = 'owner'
);
"""
BACKWARD = """
DROP TRIGGER keys_end_with_ownership ON sellers_member;
DROP TRIGGER keys_end_with_their_maker ON sellers_member;
DROP FUNCTION hooks_end_keys_of_maker();
"""


class Migration(migrations.Migration):
    dependencies = [("hooks", "0002_seal_secrets"), ("sellers", "0002_guards")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
