"""Gift cards and store credit: money the marketplace owes to shoppers, and takes in payment.

Owns what was issued, what of it was spent on which order, and what expired.
Promises that issued = spent + balance + expired for each of them at every moment,
that none is spent twice, and that the ledger owes exactly what they hold.
Publishes CreditIssued.
"""
