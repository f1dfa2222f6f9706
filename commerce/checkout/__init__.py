"""The process: review, place, pay, confirm or release.

Owns what the shopper told us on the way. Promises that a cart becomes at most
one paid order, that money is never taken twice, and that a failure anywhere
loses neither cart nor money.
"""
