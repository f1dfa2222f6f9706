"""The outside world behind protocols: payments by Stripe. No gateway runs inside a transaction."""
