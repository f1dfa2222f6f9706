"""Statements that do in one trip what the ORM would do in several."""

OPEN_SERIES = """
INSERT INTO documents_counter (seller_id, kind, year, last)
VALUES (%s, %s, extract(year FROM clock_timestamp() AT TIME ZONE 'UTC'), 0)
ON CONFLICT (seller_id, kind, year) DO NOTHING
"""

# The moment is taken after the lock: numbers and times run the same way.
LOCK_SERIES = """
WITH series AS MATERIALIZED (
    SELECT id, year, last FROM documents_counter
    WHERE seller_id = %s AND kind = %s
    ORDER BY year DESC LIMIT 1 FOR UPDATE
)
SELECT series.id, series.year, series.last, clock_timestamp() FROM series
"""

COUNT = "UPDATE documents_counter SET last = last + 1 WHERE id = %s"
