"""Money, tokens, the clock, the actor and plain SQL: what every module counts on.

Knows no other module and owns no table.
"""
