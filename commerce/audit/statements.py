"""Statements that do in one trip what the ORM would do in several."""

# A day may be sealed an hour after it ended: what was begun before midnight has been written.
UNSEALED = """
SELECT day::date FROM generate_series(
    coalesce(
        (SELECT max(day) + 1 FROM audit_seal),
        (SELECT min(at AT TIME ZONE 'UTC')::date FROM audit_entry)
    ),
    ((clock_timestamp() - interval '1 hour') AT TIME ZONE 'UTC')::date - 1,
    interval '1 day'
) AS day
ORDER BY day
"""

SEAL = """
INSERT INTO audit_seal (day, entries, digest)
SELECT %s, count(*), encode(sha256(convert_to(
    coalesce((SELECT digest FROM audit_seal WHERE day = %s::date - 1), '')
    || coalesce(string_agg(
        concat_ws('|', e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            e.actor, e.action, e.subject, e.details), E'\n' ORDER BY e.id
    ), ''),
    'UTF8'
)), 'hex')
FROM audit_entry e
WHERE e.at >= %s::date::timestamp AT TIME ZONE 'UTC'
  AND e.at < (%s::date + 1)::timestamp AT TIME ZONE 'UTC'
ON CONFLICT (day) DO NOTHING
"""
