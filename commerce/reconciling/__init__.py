"""Orders, ledger and provider, held against each other.

Owns what the provider's balance moved, as it told us, and every difference that
was found. Promises that no cent moves unexplained for long: a difference has an
owner, an age and in the end a note, or is gone. Hears of refunds that nobody here asked for
and that are larger than what was left.
"""
