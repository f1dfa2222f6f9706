"""What each seller has earned, and when it is sent.

Owns earnings and payouts. Promises that an earning is paid by one payout,
that a payout is the sum of its earnings, that each leaves once, and that a
statement agrees with the ledger. Publishes payouts sent and failed; hears of
confirmed orders, deliveries, and the provider's notices.
"""
