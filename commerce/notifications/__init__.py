"""Mail to shoppers and sellers.

Owns the mails that are owed and were sent. Promises one mail per key, kept
until a mail server has taken it. Publishes nothing; hears of orders, parcels,
payouts and applications.
"""
