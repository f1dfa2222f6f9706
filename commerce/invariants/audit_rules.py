"""Rules of the audit log."""

from .types import Rule

AUDIT_RULES = [
    Rule(
        code="INV13",
        promise="The audit log of every sealed day is as it was sealed.",
        violations="""
            SELECT count(*) FROM (
                SELECT s.*, lag(s.digest) OVER (ORDER BY s.day) AS before FROM audit_seal s
            ) AS sealed
            CROSS JOIN LATERAL (
                SELECT count(*) AS entries, string_agg(
                    concat_ws('|', e.id,
                        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
                        e.actor, e.action, e.subject, e.details), E'\\n' ORDER BY e.id
                ) AS said
                FROM audit_entry e
                WHERE e.at >= sealed.day::timestamp AT TIME ZONE 'UTC'
                  AND e.at < (sealed.day + 1)::timestamp AT TIME ZONE 'UTC'
            ) AS today
            WHERE today.entries <> sealed.entries OR sealed.digest <> encode(sha256(convert_to(
                coalesce(sealed.before, '') || coalesce(today.said, ''), 'UTF8'
            )), 'hex')
        """,
    ),
]
