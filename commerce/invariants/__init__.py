"""Every rule of stock and money as a query that counts its violations; all must say zero.

Only reads, and only tables, not other modules' code: it must tell the truth when
that code is wrong.
"""
