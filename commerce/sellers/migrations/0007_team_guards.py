"""A shop keeps an owner, whoever deletes or changes the others at the same time; history stays."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION sellers_last_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.role = 'owner' AND (TG_OP = 'DELETE' OR NEW.role <> 'owner'
        OR NEW.seller_id <> OLD.seller_id)
    THEN
        PERFORM 1 FROM sellers_seller WHERE id = OLD.seller_id FOR UPDATE;
        IF NOT EXISTS (
            SELECT 1 FROM sellers_member
            WHERE seller_id = OLD.seller_id AND role = 'owner' AND id <> OLD.id
        ) THEN
            RAISE EXCEPTION 'seller % keeps an owner', OLD.seller_id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER last_owner BEFORE UPDATE OR DELETE ON sellers_member
    FOR EACH ROW EXECUTE FUNCTION sellers_last_owner();

CREATE FUNCTION sellers_team_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := coalesce(nullif(current_setting('stoa.actor', true), ''), 'system');
BEGIN
    IF TG_OP <> 'UPDATE' OR (NEW.role, NEW.seller_id, NEW.user_id)
        IS DISTINCT FROM (OLD.role, OLD.seller_id, OLD.user_id)
    THEN
        INSERT INTO sellers_teammove (seller_id, person_id, from_role, to_role, actor)
        VALUES (
            COALESCE(NEW.seller_id, OLD.seller_id), COALESCE(NEW.user_id, OLD.user_id),
            COALESCE(OLD.role, ''), COALESCE(NEW.role, ''), left(who, 80)
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER team_moves AFTER INSERT OR UPDATE OR DELETE ON sellers_member
    FOR EACH ROW EXECUTE FUNCTION sellers_team_moves();

CREATE FUNCTION sellers_team_move_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to a team is never changed'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER team_move_fixed BEFORE UPDATE OR DELETE ON sellers_teammove
    FOR EACH ROW EXECUTE FUNCTION sellers_team_move_fixed();

CREATE FUNCTION sellers_invitation_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.settled_at IS NOT NULL AND (NEW.settled_at, NEW.accepted_by_id)
        IS DISTINCT FROM (OLD.settled_at, OLD.accepted_by_id)
        OR (NEW.email, NEW.role, NEW.seller_id, NEW.expires_at)
        IS DISTINCT FROM (OLD.email, OLD.role, OLD.seller_id, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'an invitation is answered once and never changed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitation_settled BEFORE UPDATE ON sellers_invitation
    FOR EACH ROW EXECUTE FUNCTION sellers_invitation_settled();
"""

BACKWARD = """
DROP TRIGGER invitation_settled ON sellers_invitation;
DROP FUNCTION sellers_invitation_settled();
DROP TRIGGER team_move_fixed ON sellers_teammove;
DROP FUNCTION sellers_team_move_fixed();
DROP TRIGGER team_moves ON sellers_member;
DROP FUNCTION sellers_team_moves();
DROP TRIGGER last_owner ON sellers_member;
DROP FUNCTION sellers_last_owner();
"""


class Migration(migrations.Migration):
    dependencies = [("sellers", "0006_team")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
