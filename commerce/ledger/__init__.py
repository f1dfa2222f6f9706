"""Double entry: accounts, journals, entries.

Owns every cent the marketplace holds for somebody. Promises that a journal
balances in each currency, is booked once per business key and never changes.
"""
