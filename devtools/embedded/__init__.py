"""PostgreSQL and Valkey from wheels, one pair per checkout, started when they are needed.

State lives under `<checkout>/var/`; sockets live in a short private directory under `/tmp`.
Every entry point is safe to call from several processes at once and costs milliseconds when
the server already runs.
"""
