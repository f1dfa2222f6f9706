"""Row-level security under the sellers' workspace, brought up to date after every migration.

Roles belong to the whole cluster and no dump of a database holds them, so this
compares what is there with `rows` and mends the difference, instead of being a
migration that has run once. Nothing is locked while nothing differs.
"""

from dataclasses import dataclass
from hashlib import md5

from django.db import DatabaseError, connection, transaction

from commerce.kernel.confinement import role

from .rows import Rule, rules

EVERYBODY = "everybody"
OWN_ROWS = "sellers_own"

_TABLES = """
SELECT c.relname, c.relrowsecurity,
    ARRAY(
        SELECT p.polname || ' ' || coalesce(obj_description(p.oid, 'pg_policy'), '')
        FROM pg_policy p WHERE p.polrelid = c.oid
    ),
    ARRAY(SELECT a.privilege_type FROM aclexplode(c.relacl) a WHERE a.grantee = %(role)s::regrole),
    ARRAY(
        SELECT column_.attname
        FROM pg_attribute column_, aclexplode(column_.attacl) a
        WHERE column_.attrelid = c.oid AND a.grantee = %(role)s::regrole
    )
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""
# Guards look at rows, and write history, that the seller's people may not.
_TRIGGERS = """
SELECT p.oid::regprocedure::text
FROM pg_proc p
WHERE p.pronamespace = current_schema()::regnamespace AND p.prorettype = 'trigger'::regtype
    AND NOT p.prosecdef
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


class RoleMissing(Exception):
    """The database's user may neither make nor take the sellers' role."""

    def __init__(self, *, user: str) -> None:
        name = role()
        super().__init__(
            f"{user} cannot take the role {name}, under which sellers work. Let an administrator"
            f" of the database run: CREATE ROLE {name} NOLOGIN; GRANT {name} TO {user};"
        )


@dataclass(frozen=True, kw_only=True)
class _Found:
    secured: bool
    policies: frozenset[str]
    privileges: frozenset[str]
    columns: frozenset[str]


def guard() -> int:
    """Give every table the policy and the grants that `rows` asks for; returns how many changed.

    Raises RoleMissing.
    """
    ensure_role()
    with transaction.atomic(), connection.cursor() as cursor:
        statements = [line for _, lines in _differences() for line in lines] + _trigger_fixes()
        for statement in statements:
            cursor.execute(statement)
    return len(statements)


def gaps() -> list[str]:
    """Return what the database does not hold as `rows` asks: names of tables and functions."""
    return [table for table, _ in _differences()] + _invoking_triggers()


def can_take_role() -> bool:
    """Tell whether the database's user may work as the sellers' role."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname = %s AND NOT rolsuper"
            " AND NOT rolbypassrls AND pg_has_role(current_user, oid, 'SET')",
            [role()],
        )
        return bool(cursor.fetchone()[0])


def ensure_role() -> None:
    """Make the sellers' role when it is missing, whoever else is about to. Raises RoleMissing."""
    if not can_take_role():
        for _ in range(5):  # roles are shared by all databases, and others migrate too
            if _try_to_make_role():
                break
    if not can_take_role():
        raise RoleMissing(user=connection.get_connection_params()["user"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_schema_privilege(%s, current_schema(), 'USAGE'), current_schema()", [role()]
        )
        may_look, schema = cursor.fetchone()
        if not may_look:
            cursor.execute(f"GRANT USAGE ON SCHEMA {connection.ops.quote_name(schema)} TO {role()}")


def _try_to_make_role() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [role()])
            if not cursor.fetchone()[0]:
                cursor.execute(f"CREATE ROLE {role()} NOLOGIN")
            if not can_take_role():
                cursor.execute(f"GRANT {role()} TO CURRENT_USER")
    except DatabaseError:  # somebody else was quicker, or it is not allowed; the next look tells
        return can_take_role()
    return True


def _differences() -> list[tuple[str, list[str]]]:
    wanted = rules()
    changes = []
    for table, found in _state().items():
        rule = wanted.get(table, Rule(table=table))
        lines = [*_policy_changes(rule, found), *_grant_changes(rule, found)]
        if lines:
            changes.append((table, lines))
    return changes


def _state() -> dict[str, _Found]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, {"role": role()})
        return {
            table: _Found(
                secured=secured,
                policies=frozenset(policies),
                privileges=frozenset(privileges),
                columns=frozenset(columns),
            )
            for table, secured, policies, privileges, columns in cursor.fetchall()
        }


def _policy_changes(rule: Rule, found: _Found) -> list[str]:
    table = connection.ops.quote_name(rule.table)
    wanted = _policies(rule)
    ours = {each for each in found.policies if each.split()[0] in (EVERYBODY, OWN_ROWS)}
    if ours == {f"{name} {mark}" for name, (_, mark) in wanted.items()} and (
        found.secured or not wanted
    ):
        return []
    lines = [f"DROP POLICY {each.split()[0]} ON {table}" for each in sorted(ours)]
    for name, (policy, mark) in wanted.items():
        lines += [
            f"CREATE POLICY {name} ON {table} {policy}",
            f"COMMENT ON POLICY {name} ON {table} IS '{mark}'",
        ]
    if wanted and not found.secured:
        lines.append(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    if not wanted and found.secured:
        lines.append(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    return lines


def _policies(rule: Rule) -> dict[str, tuple[str, str]]:
    """Let everybody see what they always saw, and the sellers' role of that its own rows."""
    if rule.condition is None:
        return {}
    own = (
        f"AS RESTRICTIVE FOR ALL TO {role()}"
        f" USING ({rule.condition}) WITH CHECK ({rule.check or rule.condition})"
    )
    everybody = "FOR ALL TO PUBLIC USING (true) WITH CHECK (true)"
    return {name: (text, _mark(text)) for name, text in ((EVERYBODY, everybody), (OWN_ROWS, own))}


def _mark(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _grant_changes(rule: Rule, found: _Found) -> list[str]:
    if found.privileges == rule.privileges and found.columns == rule.columns:
        return []
    table = connection.ops.quote_name(rule.table)
    lines = [f"REVOKE ALL ON {table} FROM {role()}"]
    if rule.privileges:
        lines.append(f"GRANT {', '.join(sorted(rule.privileges))} ON {table} TO {role()}")
    if rule.columns:
        columns = ", ".join(map(connection.ops.quote_name, sorted(rule.columns)))
        lines.append(f"GRANT UPDATE ({columns}) ON {table} TO {role()}")
    return lines


def _trigger_fixes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
    return [
        f"ALTER FUNCTION {name} SECURITY DEFINER SET search_path = {schema}, pg_temp"
        for name in _invoking_triggers()
    ]


def _invoking_triggers() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        return [name for (name,) in cursor.fetchall()]
